/*
 * What a provider signs. The keys were made for this file and the tokens with
 * them, once; the private halves are gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/id_token.h"

static const char rsa_n[] =
	"ibpCynOVTbNytznimr-ZDWfavvIYRSMSznESngS5rUEDTKs8Srxb_2jqBQ2-xyK8"
	"gafEokLjHVGJdOHDK0TzCv0ezX2qM4S5Fb1lNWp1_gU2BZMSXMLjgkaM7cyME_Is"
	"oOv8CxTYFD_umpaWhpWErXtYz21R0BDf9voJQUoh6QtxISB7pyWH3K9_4sxLlvcg"
	"aIvZVldlGwXiOtwfQ8naR9NpNi9TMZwcduTit34DqQgD7OVv1sp9T-aT1t6hbwi4"
	"e1zWsLWG1SQIygD69Qn7tEWFp0g9dKmTh1tXaRZG6euV5yy-ugUyOfpuibvgCTcW"
	"a5sURfVEdriwwEx15mKfHw";

static const char small_n[] =
	"xHMjPW63rb5gdDiXt6jBJhxcxs82jjSqsg-QGp9twMfwKIy5PtbAT-LfbpAkyBOK"
	"CnVzFzXOEISF19H6Dbv2vXzwR24BAk4KHt3lf_cTVdynnpjLntgjYaz26hDFEzP4"
	"EMzmCCR9UxWb24BGuXS3uzRSNFYEPWtBqjA2EECC9TU";

static const char ec_x[] = "FQq3umaHjkNpDmjYbnNoAP-9Lnmb2v0N6--ynw80tsY";

static const char ec_y[] = "78wI_P2cyiJNOi7suYJfsDTIZ7xkszC0-iuWT42tbhk";

/* The claims, which most of the tokens share. */
#define CLAIMS                                                             \
	"eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUiLCJzdWIiOiI0MiIsImF1ZCI6" \
	"WyJuaXMyIiwib3RoZXIiXSwibm9uY2UiOiJuIiwiZW1haWwiOiJhQGIuZXhhbXBs" \
	"ZSIsImVtYWlsX3ZlcmlmaWVkIjp0cnVlLCJuYW1lIjoiQW5uYSIsImdyb3VwcyI6" \
	"WyJzdGFmZiJdLCJleHAiOjIwMDAsImlhdCI6MTAwMH0"

static const char rs256[] =
	"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9." CLAIMS "."
	"IWr_XPdcrnx_YDffLP1CQPFzgM2qrKqph2Iz64JkNvS2guWWIUWMb3-g9RNu3r7o"
	"fHfjlWx_7JWMmE1EbyhCAWO2A04snyp9NEb9QFxaGxZQi2JkQ6t4MGPecJiHINOx"
	"q_TjhPGwi5M7leilv0qSQ_zA-nFU2jsWv-uKYV9RmRx4CvPMwi-xXLV3dAnJdpp9"
	"pC6i1jFn9Ken9lZ9kMITrocEmoYdqr4yBBn4i2m7sMhvE3Vpljr7k3YkM_33Y3ZP"
	"9Zr70kdbN8T3kuKJfoyOEOXcubTW3lZ6WAn7bgZcu2VSptlBy7A0A3bGEMb4VR-t"
	"4vgyqrL5N6SCS5ED8CI-jg";

static const char es256[] =
	"eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9." CLAIMS "."
	"_uN9oL8X0xTRehNBr6BTVlUKsM3LO-1c-C57m1Z0f9mERY-Uq6S2LO4sdLlviWHu"
	"GoPCnVnImoMzU08PH4LUgA";

static const char hs256_with_the_public_key[] =
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." CLAIMS "."
	"UvQfy1ZjZL6A21wjZTdg-fu1EE_aOsDMLJAvW4kfiYI";

static const char none[] = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." CLAIMS "."
			   "";

static const char rs512[] =
	"eyJhbGciOiJSUzUxMiIsInR5cCI6IkpXVCJ9." CLAIMS "."
	"TaOYznyTSpLBHN1bYQQChJL1JR_9yORb9TzCGc4gnjdA4w79o9omUhHZAUk1hroB"
	"I5u5jRivciLJTkQtk3710hHBN1RRcpiBPEX_3PwjS4mRPoRfW5Tp4yhABwnczHty"
	"QeNy-ygmydDWY_lxKrdFod3gL17KYCFUq8_S3WbRgTBmmjWnd__Rtm_5jxbefnU5"
	"Bji170PbFtWoi6mVGYN6t0SRtfowRkw-LW02AUpGZZM_lQcj8JZmr_SqQr7cHaue"
	"Bg_Vng0r-rVr-s7nS5fslXj0Ir-YdT19syHytdxTH9JX2F_-GamLCs2D5syUlf3h"
	"f3EqaVi9-iGfbSy4EMtqUA";

static const char altered[] =
	"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2xvZ2l"
	"uLmV4YW1wbGUiLCJzdWIiOiI0MyIsImF1ZCI6WyJuaXMyIiwib3RoZXIiXSwibm9"
	"uY2UiOiJuIiwiZW1haWwiOiJhQGIuZXhhbXBsZSIsImVtYWlsX3ZlcmlmaWVkIjp"
	"0cnVlLCJuYW1lIjoiQW5uYSIsImdyb3VwcyI6WyJzdGFmZiJdLCJleHAiOjIwMDA"
	"sImlhdCI6MTAwMH0.IWr_XPdcrnx_YDffLP1CQPFzgM2qrKqph2Iz64JkNvS2guW"
	"WIUWMb3-g9RNu3r7ofHfjlWx_7JWMmE1EbyhCAWO2A04snyp9NEb9QFxaGxZQi2J"
	"kQ6t4MGPecJiHINOxq_TjhPGwi5M7leilv0qSQ_zA-nFU2jsWv-uKYV9RmRx4CvP"
	"Mwi-xXLV3dAnJdpp9pC6i1jFn9Ken9lZ9kMITrocEmoYdqr4yBBn4i2m7sMhvE3V"
	"pljr7k3YkM_33Y3ZP9Zr70kdbN8T3kuKJfoyOEOXcubTW3lZ6WAn7bgZcu2VSptl"
	"By7A0A3bGEMb4VR-t4vgyqrL5N6SCS5ED8CI-jg";

static const struct jwk_text rsa = { .kty = "RSA", .n = rsa_n, .e = "AQAB" };
static const struct jwk_text ec = {
	.kty = "EC", .crv = "P-256", .x = ec_x, .y = ec_y
};

static void keys_of_these_kinds_are_used(void **state)
{
	static const struct {
		const char *what;
		struct jwk_text jwk;
		bool used;
	} cases[] = {
		{ "RSA", { .kty = "RSA", .n = rsa_n, .e = "AQAB" }, true },
		{ "RSA to sign",
		  { .kty = "RSA", .use = "sig", .n = rsa_n, .e = "AQAB" },
		  true },
		{ "RSA to encrypt",
		  { .kty = "RSA", .use = "enc", .n = rsa_n, .e = "AQAB" },
		  false },
		{ "RSA of 1024 bits",
		  { .kty = "RSA", .n = small_n, .e = "AQAB" },
		  false },
		{ "RSA without an exponent",
		  { .kty = "RSA", .n = rsa_n },
		  false },
		{ "no base64", { .kty = "RSA", .n = "*", .e = "AQAB" }, false },
		{ "P-256",
		  { .kty = "EC", .crv = "P-256", .x = ec_x, .y = ec_y },
		  true },
		{ "another curve",
		  { .kty = "EC", .crv = "P-384", .x = ec_x, .y = ec_y },
		  false },
		{ "a point that is not on the curve",
		  { .kty = "EC", .crv = "P-256", .x = ec_x, .y = ec_x },
		  false },
		{ "a shared secret", { .kty = "oct", .n = rsa_n }, false },
		{ "nothing", { 0 }, false },
	};
	_arena_ struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (!jwk_pem(&cases[i].jwk, &a) == cases[i].used)
			fail_msg("%s", cases[i].what);
}

static void only_what_the_key_signed_is_read(void **state)
{
	static const struct {
		const char *what, *token;
		const struct jwk_text *key;
		bool ok;
	} cases[] = {
		{ "RS256", rs256, &rsa, true },
		{ "ES256", es256, &ec, true },
		{ "of another key", rs256, &ec, false },
		{ "of another kind of key", es256, &rsa, false },
		{ "another person in it", altered, &rsa, false },
		{ "the public key as a secret", hs256_with_the_public_key, &rsa,
		  false },
		{ "not signed", none, &rsa, false },
		{ "an algorithm that is not used", rs512, &rsa, false },
		{ "no token", "a.b.c", &rsa, false },
		{ "nothing", "", &rsa, false },
	};
	_arena_ struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct id_claims c = { 0 };
		struct err err = { 0 };
		char *pem = jwk_pem(cases[i].key, &a);

		if (id_token_read(cases[i].token, pem, "groups", &a, &c,
				  &err) != cases[i].ok)
			fail_msg("%s", cases[i].what);
		if (!cases[i].ok)
			assert_int_equal(err.kind, ERR_UNAUTHENTICATED);
	}
}

static void claims_come_out_as_they_stand(void **state)
{
	_arena_ struct arena a = { 0 };
	struct id_claims c = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_true(id_token_read(rs256, jwk_pem(&rsa, &a), "groups", &a, &c,
				  &err));
	assert_string_equal(c.issuer, "https://login.example");
	assert_string_equal(c.subject, "42");
	assert_string_equal(c.audience, "[\"nis2\",\"other\"]");
	assert_string_equal(c.nonce, "n");
	assert_string_equal(c.email, "a@b.example");
	assert_true(c.email_verified);
	assert_string_equal(c.groups, "[\"staff\"]");
	assert_int_equal(c.issued_at, 1000);
	assert_int_equal(c.expires_at, 2000);
	assert_null(c.azp);
	assert_true(
		id_token_read(rs256, jwk_pem(&rsa, &a), "roles", &a, &c, &err));
	assert_null(c.groups);
}

/* The example of RFC 7636, appendix B. */
static void the_challenge_is_that_of_the_rfc(void **state)
{
	_arena_ struct arena a = { 0 };

	(void)state;
	assert_string_equal(
		pkce_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
			       &a),
		"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_these_kinds_are_used),
		cmocka_unit_test(only_what_the_key_signed_is_read),
		cmocka_unit_test(claims_come_out_as_they_stand),
		cmocka_unit_test(the_challenge_is_that_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
