/*
 * banner_text: recognisers of protocols that speak in lines.
 */
#include <string.h>

#include "scan/probes/banner_read.h"

/*
 * A line that begins with `word`; the rest of it is the version. A line
 * without an end yet is waited for.
 */
static enum banner_result greeting(struct span answer, const char *word,
				   struct arena *a, struct banner *ret,
				   struct span *ret_line)
{
	enum banner_result r = banner_begins(answer, word);

	if (r != BANNER_YES)
		return r;
	if (!span_line(&answer, BANNER_MAX, ret_line))
		return BANNER_MORE;
	ret->version = banner_text(
		(struct span){ ret_line->p + strlen(word), ret_line->end }, a);
	return BANNER_YES;
}

/* "220 mail.example.com ESMTP", or "554 No service": RFC 5321, 3.1. */
enum banner_result read_smtp(struct span answer, struct arena *a,
			     struct banner *ret)
{
	struct span line;
	enum banner_result r = banner_begins(answer, "554 ");

	if (r == BANNER_NO)
		r = greeting(answer, "220", a, ret, &line);
	if (r != BANNER_YES || !ret->version)
		return r;
	if (!span_find_nocase(line, "SMTP") || line.end - line.p < 4)
		return BANNER_NO;
	ret->version += *ret->version == '-';
	return BANNER_YES;
}

/* "+OK POP3 server ready", RFC 1939. Redis says "+OK" and no more. */
enum banner_result read_pop3(struct span answer, struct arena *a,
			     struct banner *ret)
{
	struct span line;

	return greeting(answer, "+OK ", a, ret, &line);
}

/* "* OK …", "* PREAUTH …" or "* BYE …": RFC 9051, 7.1. */
enum banner_result read_imap(struct span answer, struct arena *a,
			     struct banner *ret)
{
	static const char *const words[] = { "* OK ", "* PREAUTH ", "* BYE " };
	enum banner_result best = BANNER_NO;
	struct span line;

	for (size_t i = 0; i < 3 && best != BANNER_YES; i++) {
		enum banner_result r =
			greeting(answer, words[i], a, ret, &line);

		best = r == BANNER_NO ? best : r;
	}
	return best;
}

/* "RFB 003.008\n", RFC 6143, 7.1.1. */
enum banner_result read_vnc(struct span answer, struct arena *a,
			    struct banner *ret)
{
	struct span line;
	enum banner_result r = greeting(answer, "RFB ", a, ret, &line);

	return r == BANNER_YES && span_len(line) != 11 ? BANNER_NO : r;
}

/* "@RSYNCD: 31.0" */
enum banner_result read_rsync(struct span answer, struct arena *a,
			      struct banner *ret)
{
	struct span line;

	return greeting(answer, "@RSYNCD: ", a, ret, &line);
}

/* INFO {"server_id":…,"version":"2.10.0",…} */
enum banner_result read_nats(struct span answer, struct arena *a,
			     struct banner *ret)
{
	struct span line, value;
	enum banner_result r = greeting(answer, "INFO {", a, ret, &line);
	const char *at;

	if (r != BANNER_YES)
		return r;
	ret->version = NULL;
	ret->knows_auth = true;
	ret->no_auth = !span_find_nocase(line, "\"auth_required\":true");
	at = span_find_nocase(line, "\"version\":\"");
	if (!at)
		return BANNER_YES;
	line.p = at + strlen("\"version\":\"");
	if (span_until(&line, '"', 40, &value))
		ret->version = banner_text(value, a);
	return BANNER_YES;
}

/* ":irc.example.net NOTICE AUTH :*** Looking up your hostname" */
enum banner_result read_irc(struct span answer, struct arena *a,
			    struct banner *ret)
{
	struct span line;

	if (span_len(answer) && *answer.p != ':' && *answer.p != 'N')
		return BANNER_NO;
	if (!span_line(&answer, 512, &line))
		return span_len(answer) > 512 ? BANNER_NO : BANNER_MORE;
	return span_find_nocase(line, "NOTICE ") ? BANNER_YES : BANNER_NO;
}

/* "IMPLEMENTATION" "Dovecot Pigeonhole": RFC 5804, 1.7. */
enum banner_result read_sieve(struct span answer, struct arena *a,
			      struct banner *ret)
{
	struct span line;

	return greeting(answer, "\"IMPLEMENTATION\" ", a, ret, &line);
}

/* "VERSION 1.6.18": it obeys whoever asks. With SASL on it says ERROR. */
enum banner_result read_memcached(struct span answer, struct arena *a,
				  struct banner *ret)
{
	struct span line;
	enum banner_result r = greeting(answer, "VERSION ", a, ret, &line);

	if (r == BANNER_YES)
		ret->knows_auth = ret->no_auth = true;
	return r;
}

/* "Zookeeper version: 3.8.0", or that `srvr` is not among the words allowed. */
enum banner_result read_zookeeper(struct span answer, struct arena *a,
				  struct banner *ret)
{
	struct span line;
	enum banner_result r =
		greeting(answer, "Zookeeper version: ", a, ret, &line);

	if (r == BANNER_NO) {
		ret->knows_auth = true;
		return banner_begins(answer, "srvr is not executed");
	}
	if (r == BANNER_YES)
		ret->knows_auth = ret->no_auth = true;
	return r;
}

/* A status line of a protocol that looks like HTTP; the server names itself. */
static enum banner_result status_line(struct span answer, const char *word,
				      struct arena *a, struct banner *ret)
{
	enum banner_result r = banner_begins(answer, word);
	struct span line;
	const char *at;

	if (r != BANNER_YES)
		return r;
	if (!span_line(&answer, 512, &line))
		return span_len(answer) > 512 ? BANNER_NO : BANNER_MORE;
	answer.p--; /* its LF */
	at = span_find_nocase(answer, "\nServer:");
	answer.p = at ? at + strlen("\nServer:") : answer.end;
	if (at && span_line(&answer, 256, &line))
		ret->version = banner_text(line, a);
	return BANNER_YES;
}

/* RFC 7826, 4. */
enum banner_result read_rtsp(struct span answer, struct arena *a,
			     struct banner *ret)
{
	return status_line(answer, "RTSP/", a, ret);
}

/* RFC 3261, 7.2. */
enum banner_result read_sip(struct span answer, struct arena *a,
			    struct banner *ret)
{
	return status_line(answer, "SIP/2.0 ", a, ret);
}

/* The server opens its stream, too: RFC 6120, 4.2. */
enum banner_result read_xmpp(struct span answer, struct arena *a,
			     struct banner *ret)
{
	if (span_len(answer) && *answer.p != '<')
		return BANNER_NO;
	if (span_find_nocase(answer, "http://etherx.jabber.org/streams"))
		return BANNER_YES;
	return span_len(answer) > 1024 ? BANNER_NO : BANNER_MORE;
}

/* "PONG" */
enum banner_result read_clamav(struct span answer, struct arena *a,
			       struct banner *ret)
{
	return banner_begins(answer, "PONG\n");
}

/* The handshake comes back: a debugger may run any code in there. */
enum banner_result read_jdwp(struct span answer, struct arena *a,
			     struct banner *ret)
{
	enum banner_result r = banner_begins(answer, "JDWP-Handshake");

	if (r == BANNER_YES)
		ret->knows_auth = ret->no_auth = true;
	return r;
}
