#include <string.h>

#include "scan/probes/ssh.h"

enum { MSG_KEXINIT = 20, MSG_KEXDH_INIT = 30, MSG_KEXDH_REPLY = 31 };

bool ssh_packet(struct span bytes, size_t *ret_len, struct span *ret_payload)
{
	uint32_t length;
	uint8_t padding;

	*ret_len = 0;
	if (!span_u32(&bytes, &length) || !span_u8(&bytes, &padding))
		return true;
	if (length < 2 || length > SSH_PACKET_MAX || padding >= length - 1)
		return false;
	*ret_len = 4u + length;
	if (span_len(bytes) >= length - 1)
		*ret_payload = (struct span){ bytes.p,
					      bytes.p + length - 1 - padding };
	return true;
}

static bool take_names(struct span *s, struct arena *a, struct str_list *ret)
{
	struct span names, name;
	uint32_t length;

	if (!span_u32(s, &length) || !span_take(s, length, &names))
		return false;
	ret->items = arena_array(a, SSH_NAMES_MAX, sizeof(char *));
	while (span_len(names)) {
		if (!span_until(&names, ',', SSH_PACKET_MAX, &name))
			return false;
		if (ret->len < SSH_NAMES_MAX && span_len(name) &&
		    span_len(name) <= SSH_NAME_MAX)
			ret->items[ret->len++] = span_dup(a, name);
	}
	return true;
}

/* RFC 4253, 7.1: the message number, a cookie of 16 bytes, ten name-lists. */
bool ssh_parse_kexinit(struct span payload, struct arena *a,
		       struct ssh_offer *ret)
{
	struct span cookie;
	uint8_t number;

	*ret = (struct ssh_offer){ 0 };
	if (!span_u8(&payload, &number) || number != MSG_KEXINIT ||
	    !span_take(&payload, 16, &cookie))
		return false;
	for (int i = 0; i < SSH_LISTS; i++)
		if (!take_names(&payload, a, &ret->lists[i]))
			return false;
	return true;
}

/* The size of an mpint (RFC 4251, 5), which is not negative. */
static int mpint_bits(struct span n)
{
	int bits;

	while (span_len(n) && !*n.p)
		n.p++;
	if (!span_len(n))
		return 0;
	bits = (int)span_len(n) * 8;
	for (unsigned char top = (unsigned char)*n.p; !(top & 0x80); top <<= 1)
		bits--;
	return bits;
}

static bool take_string(struct span *s, struct span *ret)
{
	uint32_t length;

	return span_u32(s, &length) && span_take(s, length, ret);
}

bool ssh_parse_reply(struct span payload, struct arena *a,
		     struct ssh_host_key *ret)
{
	struct span key, type, exponent, modulus;
	uint8_t number;

	if (!span_u8(&payload, &number) || number != MSG_KEXDH_REPLY ||
	    !take_string(&payload, &key) || !take_string(&key, &type) ||
	    !span_len(type) || span_len(type) > SSH_NAME_MAX)
		return false;
	*ret = (struct ssh_host_key){ .type = span_dup(a, type) };
	if (!span_is(type, "ssh-rsa"))
		return true;
	if (!take_string(&key, &exponent) || !take_string(&key, &modulus))
		return false;
	ret->bits = mpint_bits(modulus);
	return true;
}

bool ssh_parse_ident(struct span line, struct arena *a, const char **protocol,
		     const char **software)
{
	struct span version;

	if (!span_literal(&line, "SSH-") ||
	    !span_until(&line, '-', 16, &version))
		return false;
	*protocol = span_dup(a, version);
	*software = span_dup(a, line);
	return true;
}

/* ---- what we say ---- */

static void put_u32(struct sb *out, uint32_t value)
{
	char bytes[4] = { (char)(value >> 24), (char)(value >> 16),
			  (char)(value >> 8), (char)value };

	sb_addn(out, bytes, 4);
}

static void put_string(struct sb *out, const char *bytes, size_t len)
{
	put_u32(out, (uint32_t)len);
	sb_addn(out, bytes, len);
}

/* Padded to a multiple of 8, by at least 4 (RFC 4253, 6). */
static void put_packet(struct sb *out, const struct sb *payload)
{
	static const char zeros[16];
	size_t padding = 8 - (payload->len + 5) % 8;

	padding += padding < 4 ? 8 : 0;
	put_u32(out, (uint32_t)(payload->len + 1 + padding));
	sb_addc(out, (char)padding);
	sb_addn(out, payload->s, payload->len);
	sb_addn(out, zeros, padding);
}

static const char *first_of(const struct str_list *list)
{
	return list->len ? list->items[0] : "none";
}

static void put_kexinit(const struct ssh_offer *offer, const char *kex,
			const char *host_key, struct arena *a, struct sb *out)
{
	struct sb payload = sb_new(a, 512);

	sb_addc(&payload, MSG_KEXINIT);
	sb_addn(&payload, "nis2 asks a key.", 16);
	put_string(&payload, kex, strlen(kex));
	put_string(&payload, host_key, strlen(host_key));
	for (int i = SSH_CIPHER_TO_SERVER; i < SSH_LISTS; i++) {
		const char *name = first_of(&offer->lists[i]);

		put_string(&payload, name, strlen(name));
	}
	put_u32(&payload, 0); /* languages, both ways */
	put_u32(&payload, 0);
	sb_addc(&payload, 0); /* no guess follows */
	put_u32(&payload, 0);
	put_packet(out, &payload);
}

/*
 * A public value that a server accepts; nobody knows, or needs, the secret to
 * it. The base points of the curves, and any number of 1023 bits.
 */
static const char base_25519[32] = { 9 };
static const char base_p256[] =
	"\x04"
	"\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2"
	"\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96"
	"\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16"
	"\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";
static const char number_1023[] =
	"UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU"
	"UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU";

static const struct method {
	const char *name;
	const char *value;
	size_t len;
} methods[] = {
	{ "curve25519-sha256", base_25519, sizeof(base_25519) },
	{ "curve25519-sha256@libssh.org", base_25519, sizeof(base_25519) },
	{ "ecdh-sha2-nistp256", base_p256, sizeof(base_p256) - 1 },
	{ "diffie-hellman-group14-sha256", number_1023, 128 },
	{ "diffie-hellman-group16-sha512", number_1023, 128 },
	{ "diffie-hellman-group14-sha1", number_1023, 128 },
	{ "diffie-hellman-group1-sha1", number_1023, 128 },
};

bool ssh_begin_exchange(const struct ssh_offer *offer, const char *host_key,
			struct sb *out)
{
	struct sb payload = sb_new(out->arena, 256);

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (!codec_str_list_has(&offer->lists[SSH_KEX],
					methods[i].name))
			continue;
		put_kexinit(offer, methods[i].name, host_key, out->arena, out);
		sb_addc(&payload, MSG_KEXDH_INIT);
		put_string(&payload, methods[i].value, methods[i].len);
		put_packet(out, &payload);
		return true;
	}
	return false;
}

/* ---- what it means ---- */

/* A list of name parts ends with NULL. */
static bool has_part(const char *name, const char *const *parts)
{
	for (; *parts; parts++)
		if (strstr(name, *parts))
			return true;
	return false;
}

static void state_weak(struct fact_list *f, const char *fact, int port,
		       const struct str_list *to, const struct str_list *from,
		       const char *const *parts)
{
	struct str_list weak = {
		arena_array(f->arena, 2 * SSH_NAMES_MAX, sizeof(char *)), 0
	};

	for (size_t i = 0; i < to->len; i++)
		if (has_part(to->items[i], parts))
			weak.items[weak.len++] = to->items[i];
	for (size_t i = 0; from && i < from->len; i++)
		if (has_part(from->items[i], parts) &&
		    !codec_str_list_has(&weak, from->items[i]))
			weak.items[weak.len++] = from->items[i];
	fact_strs(f, fact, port, &weak);
}

/*
 * CVE-2023-48795: packets can be cut out at the start unless both sides count
 * them strictly; it takes ChaCha20-Poly1305, or CBC with encrypt-then-MAC.
 */
static bool is_open_to_terrapin(const struct ssh_offer *o)
{
	static const char *const chacha[] = { "chacha20-poly1305", NULL };
	static const char *const cbc[] = { "-cbc", NULL };
	static const char *const etm[] = { "-etm@", NULL };
	const struct str_list *lists = o->lists;
	bool is_chacha = false, is_cbc = false, is_etm = false;

	if (codec_str_list_has(&lists[SSH_KEX], "kex-strict-s-v00@openssh.com"))
		return false;
	for (int i = SSH_CIPHER_TO_SERVER; i <= SSH_CIPHER_TO_CLIENT; i++)
		for (size_t k = 0; k < lists[i].len; k++) {
			is_chacha |= has_part(lists[i].items[k], chacha);
			is_cbc |= has_part(lists[i].items[k], cbc);
		}
	for (int i = SSH_MAC_TO_SERVER; i <= SSH_MAC_TO_CLIENT; i++)
		for (size_t k = 0; k < lists[i].len; k++)
			is_etm |= has_part(lists[i].items[k], etm);
	return is_chacha || (is_cbc && is_etm);
}

static bool is_post_quantum(const struct str_list *kex)
{
	static const char *const parts[] = { "sntrup", "mlkem", "kyber", NULL };

	for (size_t i = 0; i < kex->len; i++)
		if (has_part(kex->items[i], parts))
			return true;
	return false;
}

static void state_lists(struct fact_list *f, const struct ssh_offer *o,
			int port)
{
	fact_strs(f, "ssh.kex", port, &o->lists[SSH_KEX]);
	fact_strs(f, "ssh.host_keys", port, &o->lists[SSH_HOST_KEY]);
	fact_strs(f, "ssh.ciphers", port, &o->lists[SSH_CIPHER_TO_CLIENT]);
	fact_strs(f, "ssh.macs", port, &o->lists[SSH_MAC_TO_CLIENT]);
	fact_strs(f, "ssh.compression", port,
		  &o->lists[SSH_COMPRESSION_TO_CLIENT]);
}

void ssh_facts(const struct ssh_offer *o, const struct ssh_host_key *key,
	       int port, struct fact_list *f)
{
	static const char *const kex[] = { "-sha1", "group1-", "rsa1024",
					   NULL };
	static const char *const host_keys[] = { "ssh-dss", "ssh-rsa", NULL };
	static const char *const ciphers[] = { "-cbc", "arcfour", "3des",
					       "des@", "none",	  NULL };
	static const char *const macs[] = { "md5", "-96", "ripemd", "none",
					    NULL };
	const struct str_list *l = o->lists;

	state_lists(f, o, port);
	state_weak(f, "ssh.weak_kex", port, &l[SSH_KEX], NULL, kex);
	state_weak(f, "ssh.weak_host_keys", port, &l[SSH_HOST_KEY], NULL,
		   host_keys);
	state_weak(f, "ssh.weak_ciphers", port, &l[SSH_CIPHER_TO_SERVER],
		   &l[SSH_CIPHER_TO_CLIENT], ciphers);
	state_weak(f, "ssh.weak_macs", port, &l[SSH_MAC_TO_SERVER],
		   &l[SSH_MAC_TO_CLIENT], macs);
	fact_bool(f, "ssh.terrapin", port, is_open_to_terrapin(o));
	fact_bool(f, "ssh.post_quantum", port, is_post_quantum(&l[SSH_KEX]));
	if (key->bits)
		fact_int(f, "ssh.rsa_bits", port, key->bits);
}
