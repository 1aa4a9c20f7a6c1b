#include "net/cert.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/clock.h"
#include "net/addr.h"
#include "net/cert_x509.h"

/* A text of a certificate is not longer than this: more is cut. */
enum { CERT_TEXT_MAX = 1024 };

/* Cuts between UTF-8 characters; NUL and control characters become '?'. */
const char *cert_text(struct arena *a, const char *bytes, size_t len)
{
	char *s;

	if (len > CERT_TEXT_MAX)
		for (len = CERT_TEXT_MAX; len && (bytes[len] & 0xc0) == 0x80;)
			len--;
	s = arena_bytes(a, len + 1);
	for (size_t i = 0; i < len; i++)
		s[i] = (unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f
			       ? '?'
			       : bytes[i];
	s[len] = '\0';
	return s;
}

/* ---- names ---- */

static const char *name_text(const X509_NAME *name, struct arena *a)
{
	BIO *bio = BIO_new(BIO_s_mem());
	const char *text = "";
	char *bytes;
	long len;

	if (!bio)
		abort();
	if (X509_NAME_print_ex(bio, name, 0,
			       XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
		len = BIO_get_mem_data(bio, &bytes);
		text = cert_text(a, bytes, len > 0 ? (size_t)len : 0);
	}
	BIO_free(bio);
	return text;
}

static const char *object_text(const ASN1_OBJECT *object, struct arena *a)
{
	char buf[80] = "";
	int nid = OBJ_obj2nid(object);

	if (nid != NID_undef)
		return OBJ_nid2ln(nid);
	OBJ_obj2txt(buf, sizeof(buf), object, 1);
	return arena_strdup(a, buf);
}

static struct cert_attr_list name_attrs(const X509_NAME *name, struct arena *a)
{
	struct cert_attr_list list = { 0 };
	int count = X509_NAME_entry_count(name);

	if (count > CERT_ATTRS_MAX)
		count = CERT_ATTRS_MAX;
	list.items = arena_array(a, (size_t)(count > 0 ? count : 0),
				 sizeof(*list.items));
	for (int i = 0; i < count; i++) {
		X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		unsigned char *utf8 = NULL;
		int len =
			ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(e));

		if (len < 0)
			continue;
		list.items[list.len++] = (struct cert_attr){
			object_text(X509_NAME_ENTRY_get_object(e), a),
			cert_text(a, (const char *)utf8, (size_t)len)
		};
		OPENSSL_free(utf8);
	}
	return list;
}

/* ---- subjectAltName ---- */

static void names_add(struct cert_names *names, const char *text)
{
	if (names->len < CERT_NAMES_MAX)
		names->items[names->len++] = text;
}

/* A name with bytes that no host name has is dropped, not repaired. */
static void add_dns(struct cert_names *names, const ASN1_IA5STRING *string,
		    struct arena *a)
{
	const unsigned char *p = ASN1_STRING_get0_data(string);
	int len = ASN1_STRING_length(string);
	char *text;

	if (len < 1 || len > 253)
		return;
	text = arena_bytes(a, (size_t)len + 1);
	for (int i = 0; i < len; i++) {
		if (p[i] <= 0x20 || p[i] >= 0x7f)
			return;
		text[i] = (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] + ('a' - 'A')
							    : p[i]);
	}
	text[len] = '\0';
	names_add(names, text);
}

static void add_ip(struct cert_names *names, const ASN1_OCTET_STRING *string,
		   struct arena *a)
{
	int len = ASN1_STRING_length(string);
	struct addr addr = { .family = len == 4 ? 4 : 6 };
	char buf[ADDR_TEXT];

	if (len != 4 && len != 16)
		return;
	memcpy(addr.bytes, ASN1_STRING_get0_data(string), (size_t)len);
	names_add(names, arena_strdup(a, addr_text(&addr, buf)));
}

static void read_alt_names(const X509 *x, struct arena *a, struct cert *c)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

	int count = names ? sk_GENERAL_NAME_num(names) : 0;
	size_t room = count > CERT_NAMES_MAX ? CERT_NAMES_MAX : (size_t)count;

	c->dns.items = arena_array(a, room, sizeof(char *));
	c->ips.items = arena_array(a, room, sizeof(char *));
	for (int i = 0; i < count; i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (n->type == GEN_DNS)
			add_dns(&c->dns, n->d.dNSName, a);
		else if (n->type == GEN_IPADD)
			add_ip(&c->ips, n->d.iPAddress, a);
	}
	GENERAL_NAMES_free(names);
}

/* ---- the other members ---- */

static bool read_time(const ASN1_TIME *t, int64_t *ret)
{
	struct tm tm;

	if (!t || !ASN1_TIME_to_tm(t, &tm))
		return false;
	*ret = (int64_t)timegm(&tm) * CLOCK_SECOND;
	return true;
}

static void read_serial(const X509 *x, struct arena *a, struct cert *c)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	char *hex = n ? BN_bn2hex(n) : NULL;

	c->serial = hex ? cert_text(a, hex, strlen(hex)) : "";
	OPENSSL_free(hex);
	BN_free(n);
}

static const struct key_kind {
	int nid;
	const char *name;
	int least_bits; /* below is weak */
	int bits;	/* fixed by the algorithm, or 0 */
} key_kinds[] = {
	{ EVP_PKEY_RSA, "RSA", 2048, 0 },
	{ EVP_PKEY_RSA_PSS, "RSA", 2048, 0 },
	{ EVP_PKEY_EC, "ECDSA", 256, 0 },
	{ EVP_PKEY_ED25519, "Ed25519", 0, 256 },
	{ EVP_PKEY_ED448, "Ed448", 0, 456 },
	{ EVP_PKEY_DSA, "DSA", 2048, 0 },
};

static void read_key(const X509 *x, struct arena *a, struct cert *c)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	char group[80];
	int nid = key ? EVP_PKEY_get_base_id(key) : NID_undef;

	c->key_type = "Unknown";
	for (size_t i = 0; i < sizeof(key_kinds) / sizeof(*key_kinds); i++) {
		const struct key_kind *kind = &key_kinds[i];

		if (kind->nid != nid)
			continue;
		c->key_type = kind->name;
		c->key_bits = kind->bits ? kind->bits : EVP_PKEY_get_bits(key);
		c->weak_key = c->key_bits < kind->least_bits;
	}
	if (nid == EVP_PKEY_EC &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL))
		c->key_curve = arena_strdup(a, group);
}

static void read_signature(X509 *x, struct arena *a, struct cert *c)
{
	static const int weak[] = { NID_md2, NID_md4, NID_md5, NID_sha1,
				    NID_md5_sha1 };
	const X509_ALGOR *algorithm;
	const ASN1_OBJECT *object;
	int hash = NID_undef;

	X509_get0_signature(NULL, &algorithm, x);
	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	c->signature = object_text(object, a);
	if (!X509_get_signature_info(x, &hash, NULL, NULL, NULL) ||
	    hash == NID_undef)
		return;
	c->hash = OBJ_nid2sn(hash);
	for (size_t i = 0; i < sizeof(weak) / sizeof(*weak); i++)
		c->weak_signature |= weak[i] == hash;
}

static void read_ocsp(X509 *x, struct arena *a, struct cert *c)
{
	STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(x);

	if (sk_OPENSSL_STRING_num(urls) > 0) {
		const char *url = sk_OPENSSL_STRING_value(urls, 0);

		c->ocsp_url = cert_text(a, url, strlen(url));
	}
	X509_email_free(urls);
}

void cert_hash_hex(const void *bytes, size_t size, char ret[65])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	EVP_Digest(bytes, size, hash, &len, EVP_sha256(), NULL);
	for (unsigned i = 0; i < len && i < 32; i++)
		snprintf(ret + 2 * i, 3, "%02x", hash[i]);
}

static bool read_cert(X509 *x, struct arena *a, struct cert *c, struct err *err)
{
	if (!read_time(X509_get0_notBefore(x), &c->not_before) ||
	    !read_time(X509_get0_notAfter(x), &c->not_after))
		return err_set(err, ERR_UPSTREAM,
			       "a certificate without valid dates");
	c->subject = name_text(X509_get_subject_name(x), a);
	c->issuer = name_text(X509_get_issuer_name(x), a);
	c->subject_attrs = name_attrs(X509_get_subject_name(x), a);
	c->issuer_attrs = name_attrs(X509_get_issuer_name(x), a);
	read_alt_names(x, a, c);
	read_serial(x, a, c);
	read_key(x, a, c);
	read_signature(x, a, c);
	read_ocsp(x, a, c);
	cert_hash_hex(c->der.bytes, c->der.len, c->fingerprint);
	cert_read_usage(x, a, c);
	cert_read_secret(x, c);
	c->is_ca = X509_check_ca(x) > 0;
	c->self_signed = X509_self_signed(x, 1) == 1;
	return true;
}

bool cert_parse(const void *der, size_t len, struct arena *a, struct cert *ret,
		struct err *err)
{
	const unsigned char *p = der;
	struct cert c = { 0 };
	X509 *x;
	bool ok;

	if (len > CERT_DER_MAX)
		return err_set(err, ERR_TOO_LARGE,
			       "a certificate of more than %d bytes",
			       CERT_DER_MAX);
	x = d2i_X509(NULL, &p, (long)len);
	ok = x && p == (const unsigned char *)der + len;
	if (ok) {
		uint8_t *copy = arena_alloc(a, len);

		memcpy(copy, der, len);
		c.der = (struct cert_der){ copy, len };
		ok = read_cert(x, a, &c, err);
	} else {
		err_set(err, ERR_UPSTREAM, "not a certificate");
		err_cause(err, "OpenSSL %08lx", ERR_peek_last_error());
	}
	X509_free(x);
	ERR_clear_error();
	if (ok)
		*ret = c;
	return ok;
}

bool cert_parse_chain(const struct cert_der *ders, size_t count,
		      struct arena *a, struct cert_chain *ret, struct err *err)
{
	struct cert_chain chain = { 0 };

	if (count > CERT_CHAIN_MAX)
		count = CERT_CHAIN_MAX;
	if (!count)
		return err_set(err, ERR_UPSTREAM, "no certificate was sent");
	chain.items = arena_array(a, count, sizeof(*chain.items));
	while (chain.len < count &&
	       cert_parse(ders[chain.len].bytes, ders[chain.len].len, a,
			  &chain.items[chain.len], chain.len ? NULL : err))
		chain.len++;
	if (!chain.len)
		return false;
	*ret = chain;
	return true;
}

/* ---- matching ---- */

static bool dns_matches(const char *pattern, const char *host)
{
	const char *dot;

	if (pattern[0] != '*' || pattern[1] != '.')
		return !strcasecmp(pattern, host);
	/* One label, not none, and never a whole top-level domain. */
	dot = strchr(host, '.');
	return dot && dot != host && strchr(pattern + 2, '.') &&
	       !strcasecmp(pattern + 1, dot);
}

bool cert_matches(const struct cert *c, const char *host)
{
	char buf[ADDR_TEXT];
	struct addr addr;

	if (addr_parse(host, &addr)) {
		addr_text(&addr, buf);
		for (size_t i = 0; i < c->ips.len; i++)
			if (!strcmp(c->ips.items[i], buf))
				return true;
		return false;
	}
	for (size_t i = 0; i < c->dns.len; i++)
		if (dns_matches(c->dns.items[i], host))
			return true;
	return false;
}

static bool has_names(const struct cert *c)
{
	return c->dns.len || c->ips.len;
}

bool cert_cn_matches(const struct cert *c, const char *host)
{
	for (size_t i = 0; !has_names(c) && i < c->subject_attrs.len; i++)
		if (!strcmp(c->subject_attrs.items[i].name, "commonName") &&
		    dns_matches(c->subject_attrs.items[i].value, host))
			return true;
	return false;
}
