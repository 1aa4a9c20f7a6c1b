/*
 * hello_names: what the numbers of a hello are called, as the IANA TLS
 * parameters registry has them, and the Diffie-Hellman primes that many
 * servers share.
 */
#include <string.h>

#include "net/hello.h"

struct name {
	unsigned code;
	const char *name;
};

static const struct name groups[] = {
	/* clang-format off */
	{ 0x0001, "sect163k1" }, { 0x0002, "sect163r1" }, { 0x0003, "sect163r2" },
	{ 0x0004, "sect193r1" }, { 0x0005, "sect193r2" }, { 0x0006, "sect233k1" },
	{ 0x0007, "sect233r1" }, { 0x0008, "sect239k1" }, { 0x0009, "sect283k1" },
	{ 0x000a, "sect283r1" }, { 0x000b, "sect409k1" }, { 0x000c, "sect409r1" },
	{ 0x000d, "sect571k1" }, { 0x000e, "sect571r1" }, { 0x000f, "secp160k1" },
	{ 0x0010, "secp160r1" }, { 0x0011, "secp160r2" }, { 0x0012, "secp192k1" },
	{ 0x0013, "secp192r1" }, { 0x0014, "secp224k1" }, { 0x0015, "secp224r1" },
	{ 0x0016, "secp256k1" }, { 0x0017, "secp256r1" }, { 0x0018, "secp384r1" },
	{ 0x0019, "secp521r1" }, { 0x001a, "brainpoolP256r1" },
	{ 0x001b, "brainpoolP384r1" }, { 0x001c, "brainpoolP512r1" },
	{ 0x001d, "X25519" }, { 0x001e, "X448" },
	{ 0x001f, "brainpoolP256r1tls13" }, { 0x0020, "brainpoolP384r1tls13" },
	{ 0x0021, "brainpoolP512r1tls13" }, { 0x0029, "curveSM2" },
	{ 0x0100, "ffdhe2048" }, { 0x0101, "ffdhe3072" }, { 0x0102, "ffdhe4096" },
	{ 0x0103, "ffdhe6144" }, { 0x0104, "ffdhe8192" },
	{ 0x0200, "MLKEM512" }, { 0x0201, "MLKEM768" }, { 0x0202, "MLKEM1024" },
	{ 0x11eb, "SecP256r1MLKEM768" }, { 0x11ec, "X25519MLKEM768" },
	{ 0x11ed, "SecP384r1MLKEM1024" }, { 0x11ee, "curveSM2MLKEM768" },
	{ 0x6399, "X25519Kyber768Draft00" },
	/* clang-format on */
};

static const struct name sigalgs[] = {
	/* clang-format off */
	{ 0x0101, "rsa_pkcs1_md5" }, { 0x0201, "rsa_pkcs1_sha1" },
	{ 0x0202, "dsa_sha1" }, { 0x0203, "ecdsa_sha1" },
	{ 0x0301, "rsa_pkcs1_sha224" }, { 0x0302, "dsa_sha224" },
	{ 0x0303, "ecdsa_sha224" }, { 0x0401, "rsa_pkcs1_sha256" },
	{ 0x0402, "dsa_sha256" }, { 0x0403, "ecdsa_secp256r1_sha256" },
	{ 0x0501, "rsa_pkcs1_sha384" }, { 0x0502, "dsa_sha384" },
	{ 0x0503, "ecdsa_secp384r1_sha384" }, { 0x0601, "rsa_pkcs1_sha512" },
	{ 0x0602, "dsa_sha512" }, { 0x0603, "ecdsa_secp521r1_sha512" },
	{ 0x0708, "sm2sig_sm3" }, { 0x0804, "rsa_pss_rsae_sha256" },
	{ 0x0805, "rsa_pss_rsae_sha384" }, { 0x0806, "rsa_pss_rsae_sha512" },
	{ 0x0807, "ed25519" }, { 0x0808, "ed448" },
	{ 0x0809, "rsa_pss_pss_sha256" }, { 0x080a, "rsa_pss_pss_sha384" },
	{ 0x080b, "rsa_pss_pss_sha512" },
	{ 0x081a, "ecdsa_brainpoolP256r1tls13_sha256" },
	{ 0x081b, "ecdsa_brainpoolP384r1tls13_sha384" },
	{ 0x081c, "ecdsa_brainpoolP512r1tls13_sha512" },
	/* clang-format on */
};

static const char *find(const struct name *names, size_t count, unsigned code)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}

const char *hello_group_name(unsigned group, struct arena *a)
{
	const char *name =
		find(groups, sizeof(groups) / sizeof(*groups), group);

	return name ? name : arena_printf(a, "group 0x%04x", group);
}

bool hello_group_is_post_quantum(unsigned group)
{
	return (group >= 0x11eb && group <= 0x11ee) ||
	       (group >= 0x0200 && group <= 0x0202) || group == 0x6399;
}

const char *hello_sigalg_name(unsigned sigalg, struct arena *a)
{
	const char *name =
		find(sigalgs, sizeof(sigalgs) / sizeof(*sigalgs), sigalg);

	return name ? name : arena_printf(a, "0x%04x", sigalg);
}

bool hello_sigalg_is_weak(unsigned sigalg)
{
	enum { MD5 = 1, SHA1 = 2 };

	return sigalg >> 8 == MD5 || sigalg >> 8 == SHA1;
}

/*
 * Their first 16 bytes. All primes of RFC 2409 and 3526 begin like the one of
 * the first Oakley group, all of RFC 7919 like ffdhe2048.
 */
static const struct {
	const char *name;
	unsigned char start[17];
} primes[] = {
	{ "RFC 2409/3526", "\xff\xff\xff\xff\xff\xff\xff\xff"
			   "\xc9\x0f\xda\xa2\x21\x68\xc2\x34" },
	{ "RFC 7919", "\xff\xff\xff\xff\xff\xff\xff\xff"
		      "\xad\xf8\x54\x58\xa2\xbb\x4a\x9a" },
	{ "RFC 5114 group 22", "\xb1\x0b\x8f\x96\xa0\x80\xe0\x1d"
			       "\xde\x92\xde\x5e\xae\x5d\x54\xec" },
	{ "RFC 5114 group 23", "\xad\x10\x7e\x1e\x91\x23\xa9\xd0"
			       "\xd6\x60\xfa\xa7\x95\x59\xc5\x1f" },
	{ "RFC 5114 group 24", "\x87\xa8\xe6\x1d\xb4\xb6\x66\x3c"
			       "\xff\xbb\xd1\x9c\x65\x19\x59\x99" },
};

const char *hello_prime_name(const unsigned char start[16])
{
	for (size_t i = 0; i < sizeof(primes) / sizeof(*primes); i++)
		if (!memcmp(primes[i].start, start, 16))
			return primes[i].name;
	return NULL;
}
