#include "net/dnssec.h"

/* IANA, DNS Security Algorithm Numbers. */
static const struct dnssec_algorithm algorithms[] = {
	{ 1, "RSAMD5", true, true },
	{ 3, "DSA", true, false },
	{ 5, "RSASHA1", true, true },
	{ 6, "DSA-NSEC3-SHA1", true, false },
	{ 7, "RSASHA1-NSEC3-SHA1", true, true },
	{ 8, "RSASHA256", false, true },
	{ 10, "RSASHA512", false, true },
	{ 12, "ECC-GOST", true, false },
	{ 13, "ECDSAP256SHA256", false, false },
	{ 14, "ECDSAP384SHA384", false, false },
	{ 15, "ED25519", false, false },
	{ 16, "ED448", false, false },
	{ 17, "SM2SM3", false, false },
	{ 23, "ECC-GOST12", false, false },
};

const struct dnssec_algorithm *dnssec_algorithm(int number)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (algorithms[i].number == number)
			return &algorithms[i];
	return NULL;
}

const char *dnssec_digest(int number)
{
	static const char *const names[] = { NULL,   "SHA-1",	"SHA-256",
					     "GOST", "SHA-384", "GOST12",
					     "SM3" };

	if (number < 1 || number >= (int)(sizeof(names) / sizeof(*names)))
		return NULL;
	return names[number];
}

bool dnssec_digest_weak(int number)
{
	return number == 1 || number == 3;
}

/* The modulus, after an exponent with its length in one or three bytes. */
static int rsa_bits(struct span key)
{
	struct span exponent;
	uint8_t small, top;
	uint16_t len;
	int bits;

	if (!span_u8(&key, &small))
		return 0;
	len = small;
	if (!small && !span_u16(&key, &len))
		return 0;
	if (!span_take(&key, len, &exponent))
		return 0;
	while (span_len(key) && !*key.p)
		key.p++;
	bits = (int)span_len(key) * 8;
	if (!span_u8(&key, &top))
		return 0;
	for (; !(top & 0x80); top = (uint8_t)(top << 1))
		bits--;
	return bits;
}

bool dnskey_read(struct span rdata, struct dnskey *ret)
{
	const struct dnssec_algorithm *known;
	uint8_t protocol, algorithm;
	uint16_t flags;

	if (!span_u16(&rdata, &flags) || !span_u8(&rdata, &protocol) ||
	    !span_u8(&rdata, &algorithm) || protocol != 3)
		return false;
	known = dnssec_algorithm(algorithm);
	*ret = (struct dnskey){ .flags = flags, .algorithm = algorithm };
	if (known && known->rsa)
		ret->bits = rsa_bits(rdata);
	return true;
}

bool ds_read(struct span rdata, struct ds *ret)
{
	uint8_t algorithm, digest;
	uint16_t tag;

	if (!span_u16(&rdata, &tag) || !span_u8(&rdata, &algorithm) ||
	    !span_u8(&rdata, &digest))
		return false;
	*ret = (struct ds){ tag, algorithm, digest };
	return true;
}

/* Serial number arithmetic: the time nearest to now (RFC 4034, 3.1.5). */
static int64_t near(uint32_t time, int64_t now)
{
	return now + (int32_t)(time - (uint32_t)now);
}

bool rrsig_read(struct span rdata, int64_t now, struct rrsig *ret)
{
	uint8_t algorithm, labels;
	uint16_t covered, tag;
	uint32_t ttl, expires, inception;

	if (!span_u16(&rdata, &covered) || !span_u8(&rdata, &algorithm) ||
	    !span_u8(&rdata, &labels) || !span_u32(&rdata, &ttl) ||
	    !span_u32(&rdata, &expires) || !span_u32(&rdata, &inception) ||
	    !span_u16(&rdata, &tag))
		return false;
	ret->covered = covered;
	ret->algorithm = algorithm;
	ret->expires = near(expires, now);
	ret->inception = near(inception, now);
	return true;
}

bool nsec3_read(struct span rdata, struct nsec3 *ret)
{
	uint8_t hash, flags, salt;
	uint16_t iterations;

	if (!span_u8(&rdata, &hash) || !span_u8(&rdata, &flags) ||
	    !span_u16(&rdata, &iterations) || !span_u8(&rdata, &salt))
		return false;
	*ret = (struct nsec3){ hash, flags & 1, iterations, salt };
	return true;
}
