"use strict";

// The double submit: with a session cookie, a request that changes something
// repeats the csrf_token cookie in a header.
function withCsrfToken(request) {
	const cookie = document.cookie
		.split("; ")
		.find((pair) => pair.startsWith("csrf_token="));
	if (cookie && !["GET", "HEAD", "OPTIONS"].includes(request.method))
		request.headers["X-CSRF-Token"] = cookie.slice("csrf_token=".length);
	return request;
}

SwaggerUIBundle({
	url: "/openapi.json",
	dom_id: "#docs",
	deepLinking: true,
	// No validator badge: it would ask a server outside.
	validatorUrl: null,
	requestInterceptor: withCsrfToken,
});
