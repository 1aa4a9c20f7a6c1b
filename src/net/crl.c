#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "base/clock.h"
#include "net/cert_x509.h"
#include "net/revocation.h"

static bool time_of(const ASN1_TIME *t, int64_t *ret)
{
	struct tm tm;

	if (!t || !ASN1_TIME_to_tm(t, &tm))
		return false;
	*ret = (int64_t)timegm(&tm) * CLOCK_SECOND;
	return true;
}

static const char *const reasons[] = {
	"unspecified",	   "keyCompromise",
	"cACompromise",	   "affiliationChanged",
	"superseded",	   "cessationOfOperation",
	"certificateHold", NULL,
	"removeFromCRL",   "privilegeWithdrawn",
	"aACompromise"
};

static const char *reason_of(X509_REVOKED *entry)
{
	ASN1_ENUMERATED *e =
		X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	long n = e ? ASN1_ENUMERATED_get(e) : -1;

	ASN1_ENUMERATED_free(e);
	return n >= 0 && n < (long)(sizeof(reasons) / sizeof(*reasons))
		       ? reasons[n]
		       : NULL;
}

static bool signed_by(X509_CRL *crl, const struct cert *issuer)
{
	X509 *ca = cert_x509(issuer);
	EVP_PKEY *key = X509_get0_pubkey(ca);
	bool ok = !X509_NAME_cmp(X509_CRL_get_issuer(crl),
				 X509_get_subject_name(ca)) &&
		  key && X509_CRL_verify(crl, key) == 1;

	X509_free(ca);
	return ok;
}

/* Extensions that must be understood: a delta, or a part of a list. */
static bool is_whole(X509_CRL *crl)
{
	ISSUING_DIST_POINT *point = X509_CRL_get_ext_d2i(
		crl, NID_issuing_distribution_point, NULL, NULL);
	bool part = point && (point->onlyattr > 0 || point->onlyCA > 0 ||
			      point->indirectCRL > 0 || point->onlysomereasons);

	ISSUING_DIST_POINT_free(point);
	return !part && X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) < 0;
}

static bool read_times(X509_CRL *crl, int64_t now, struct revocation *r,
		       struct err *err)
{
	const int64_t leeway = REVOCATION_LEEWAY * CLOCK_SECOND;
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);

	if (!time_of(X509_CRL_get0_lastUpdate(crl), &r->this_update) ||
	    (next && !time_of(next, &r->next_update)))
		return err_set(err, ERR_UPSTREAM,
			       "the revocation list has no valid time");
	if (r->this_update > now + leeway)
		return err_set(err, ERR_UPSTREAM,
			       "the revocation list is of the future");
	return !next || r->next_update >= now - leeway ||
	       err_set(err, ERR_UPSTREAM, "the revocation list is out of date");
}

static bool read_list(X509_CRL *crl, const struct cert *c,
		      const struct cert *issuer, int64_t now,
		      struct revocation *ret, struct err *err)
{
	struct revocation r = { .status = CERT_GOOD };
	X509_REVOKED *entry = NULL;
	X509 *x;
	int found;

	if (!signed_by(crl, issuer))
		return err_set(
			err, ERR_UPSTREAM,
			"the revocation list is not signed by the issuer");
	if (!is_whole(crl))
		return err_set(err, ERR_UPSTREAM,
			       "the revocation list is only a part");
	if (!read_times(crl, now, &r, err))
		return false;
	x = cert_x509(c);
	found = X509_CRL_get0_by_cert(crl, &entry, x);
	X509_free(x);
	if (found == 1) { /* 2: was on hold, and is good again */
		r.status = CERT_REVOKED;
		time_of(X509_REVOKED_get0_revocationDate(entry), &r.revoked_at);
		r.reason = reason_of(entry);
	}
	*ret = r;
	return true;
}

bool crl_read(struct cert_der list, const struct cert *c,
	      const struct cert *issuer, int64_t now, struct revocation *ret,
	      struct err *err)
{
	const unsigned char *p = list.bytes;
	X509_CRL *crl = NULL;
	bool ok;

	if (list.len && list.len <= CRL_MAX)
		crl = d2i_X509_CRL(NULL, &p, (long)list.len);
	ok = crl ? read_list(crl, c, issuer, now, ret, err)
		 : err_set(err, ERR_UPSTREAM, "not a revocation list");
	X509_CRL_free(crl);
	ERR_clear_error();
	return ok;
}
