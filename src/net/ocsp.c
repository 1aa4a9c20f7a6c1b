#include <openssl/asn1.h>
#include <openssl/ct.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "net/cert_x509.h"
#include "net/revocation.h"

const char *const cert_status_names[] = { [CERT_UNKNOWN] = "UNKNOWN",
					  [CERT_GOOD] = "GOOD",
					  [CERT_REVOKED] = "REVOKED",
					  NULL };

/* ---- asking ---- */

static OCSP_CERTID *id_of(const struct cert *c, const struct cert *issuer,
			  const EVP_MD *hash)
{
	X509 *x = cert_x509(c), *ca = cert_x509(issuer);
	OCSP_CERTID *id = OCSP_cert_to_id(hash, x, ca);

	X509_free(x);
	X509_free(ca);
	return id;
}

bool ocsp_ask(const struct cert *c, const struct cert *issuer, struct arena *a,
	      struct cert_der *ret, struct err *err)
{
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	/* SHA-1 names the certificate here, as every responder knows it. */
	OCSP_CERTID *id = id_of(c, issuer, EVP_sha1());
	unsigned char *der = NULL;
	int len = -1;

	if (!request)
		abort();
	if (id && OCSP_request_add0_id(request, id)) {
		id = NULL; /* it belongs to the request now */
		if (OCSP_request_add1_nonce(request, NULL, 32))
			len = i2d_OCSP_REQUEST(request, &der);
	}
	if (len > 0) {
		char *copy = arena_bytes(a, (size_t)len);

		memcpy(copy, der, (size_t)len);
		*ret = (struct cert_der){ (uint8_t *)copy, (size_t)len };
	}
	OPENSSL_free(der);
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(request);
	ERR_clear_error();
	return len > 0 ||
	       err_set(err, ERR_INTERNAL, "no OCSP request can be made");
}

/* ---- reading ---- */

static bool gentime(const ASN1_GENERALIZEDTIME *t, int64_t *ret)
{
	struct tm tm;

	if (!t || !ASN1_TIME_to_tm(t, &tm))
		return false;
	*ret = (int64_t)timegm(&tm) * CLOCK_SECOND;
	return true;
}

/* By the issuer, or by a responder that it has signed for this purpose. */
static bool signed_by_issuer(OCSP_BASICRESP *basic, const struct cert *issuer,
			     int64_t now)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *certs = sk_X509_new_null();
	X509 *ca = cert_x509(issuer);
	X509_VERIFY_PARAM *param;
	bool ok;

	if (!store || !certs || !X509_STORE_add_cert(store, ca) ||
	    !sk_X509_push(certs, ca))
		abort();
	param = X509_STORE_get0_param(store);
	X509_VERIFY_PARAM_set_time(param, (time_t)(now / CLOCK_SECOND));
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	ok = OCSP_basic_verify(basic, certs, store, 0) == 1;
	sk_X509_free(certs);
	X509_free(ca);
	X509_STORE_free(store);
	return ok;
}

/* The part about this certificate: who answers chooses the hash of its name. */
static OCSP_SINGLERESP *single_of(OCSP_BASICRESP *basic, const struct cert *c,
				  const struct cert *issuer)
{
	const EVP_MD *hashes[] = { EVP_sha1(), EVP_sha256() };
	OCSP_SINGLERESP *single = NULL;

	for (size_t i = 0; i < 2 && !single; i++) {
		OCSP_CERTID *id = id_of(c, issuer, hashes[i]);
		int at = id ? OCSP_resp_find(basic, id, -1) : -1;

		single = at >= 0 ? OCSP_resp_get0(basic, at) : NULL;
		OCSP_CERTID_free(id);
	}
	return single;
}

static struct cert_der scts_of(OCSP_SINGLERESP *single, struct arena *a)
{
	STACK_OF(SCT) *list = OCSP_SINGLERESP_get1_ext_d2i(
		single, NID_ct_cert_scts, NULL, NULL);
	struct cert_der ret = { 0 };
	unsigned char *bytes = NULL;
	int len = list ? i2o_SCT_LIST(list, &bytes) : -1;

	if (len > 0) {
		char *copy = arena_bytes(a, (size_t)len);

		memcpy(copy, bytes, (size_t)len);
		ret = (struct cert_der){ (uint8_t *)copy, (size_t)len };
	}
	OPENSSL_free(bytes);
	SCT_LIST_free(list);
	return ret;
}

static bool read_single(OCSP_SINGLERESP *single, int64_t now, struct arena *a,
			struct revocation *ret, struct err *err)
{
	const int64_t leeway = REVOCATION_LEEWAY * CLOCK_SECOND;
	ASN1_GENERALIZEDTIME *at = NULL, *this = NULL, *next = NULL;
	struct revocation r = { 0 };
	int reason = -1;
	int status =
		OCSP_single_get0_status(single, &reason, &at, &this, &next);

	if (!gentime(this, &r.this_update) ||
	    (next && !gentime(next, &r.next_update)))
		return err_set(err, ERR_UPSTREAM,
			       "the OCSP answer has no valid time");
	if (r.this_update > now + leeway)
		return err_set(err, ERR_UPSTREAM,
			       "the OCSP answer is of the future");
	if (next && r.next_update < now - leeway)
		return err_set(err, ERR_UPSTREAM,
			       "the OCSP answer is out of date");
	r.status = status == V_OCSP_CERTSTATUS_GOOD	 ? CERT_GOOD
		   : status == V_OCSP_CERTSTATUS_REVOKED ? CERT_REVOKED
							 : CERT_UNKNOWN;
	if (r.status == CERT_REVOKED) {
		gentime(at, &r.revoked_at);
		r.reason = reason >= 0 ? OCSP_crl_reason_str(reason) : NULL;
	}
	r.scts = scts_of(single, a);
	*ret = r;
	return true;
}

static bool nonce_fits(const struct cert_der *request, OCSP_BASICRESP *basic)
{
	const unsigned char *p = request ? request->bytes : NULL;
	OCSP_REQUEST *asked =
		p ? d2i_OCSP_REQUEST(NULL, &p, (long)request->len) : NULL;
	/* 0: another one; a responder that sends none is common. */
	bool fits = !asked || OCSP_check_nonce(asked, basic) != 0;

	OCSP_REQUEST_free(asked);
	return fits;
}

static bool read_basic(OCSP_BASICRESP *basic, const struct cert_der *request,
		       const struct cert *c, const struct cert *issuer,
		       int64_t now, struct arena *a, struct revocation *ret,
		       struct err *err)
{
	OCSP_SINGLERESP *single;

	if (!signed_by_issuer(basic, issuer, now))
		return err_set(err, ERR_UPSTREAM,
			       "the OCSP answer is not signed by the issuer");
	if (!nonce_fits(request, basic))
		return err_set(err, ERR_UPSTREAM,
			       "the OCSP answer is one to another request");
	single = single_of(basic, c, issuer);
	if (!single)
		return err_set(err, ERR_UPSTREAM,
			       "the OCSP answer is about another certificate");
	return read_single(single, now, a, ret, err);
}

bool ocsp_read(struct cert_der answer, const struct cert_der *request,
	       const struct cert *c, const struct cert *issuer, int64_t now,
	       struct arena *a, struct revocation *ret, struct err *err)
{
	const unsigned char *p = answer.bytes;
	OCSP_RESPONSE *response = NULL;
	OCSP_BASICRESP *basic = NULL;
	bool ok = false;
	int status;

	if (answer.len && answer.len <= OCSP_ANSWER_MAX)
		response = d2i_OCSP_RESPONSE(NULL, &p, (long)answer.len);
	status = response ? OCSP_response_status(response) : -1;
	if (status == OCSP_RESPONSE_STATUS_SUCCESSFUL)
		basic = OCSP_response_get1_basic(response);
	if (basic)
		ok = read_basic(basic, request, c, issuer, now, a, ret, err);
	else if (status > 0)
		err_set(err, ERR_UPSTREAM, "the OCSP responder says: %s",
			OCSP_response_status_str(status));
	else
		err_set(err, ERR_UPSTREAM, "not an OCSP answer");
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
	return ok;
}
