/*
 * ssh: the first packets of an SSH server (RFC 4253), and what they tell. The
 * key exchange is begun and never finished: the server sends its host key
 * before it asks who we are, and no secret is needed to look at that.
 * Everything here is pure; the I/O is in ssh.c.
 */
#ifndef NIS2_SCAN_PROBES_SSH_H
#define NIS2_SCAN_PROBES_SSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "codec/codec.h"
#include "core/fact.h"

enum {
	SSH_PACKET_MAX = 35000, /* RFC 4253, 6.1 */
	SSH_NAMES_MAX = 128,	/* of one list; more are cut */
	SSH_NAME_MAX = 64,	/* RFC 4251, 6 */
};

/* The lists of a KEXINIT, in its order. */
enum ssh_list {
	SSH_KEX,
	SSH_HOST_KEY,
	SSH_CIPHER_TO_SERVER,
	SSH_CIPHER_TO_CLIENT,
	SSH_MAC_TO_SERVER,
	SSH_MAC_TO_CLIENT,
	SSH_COMPRESSION_TO_SERVER,
	SSH_COMPRESSION_TO_CLIENT,
	SSH_LISTS,
};

struct ssh_offer {
	struct str_list lists[SSH_LISTS];
};

struct ssh_host_key {
	const char *type; /* "ssh-rsa", "ssh-ed25519" */
	int bits;	  /* of an RSA key; 0: another kind */
};

/*
 * The payload of the unencrypted packet at the start of `bytes`. `ret_len`:
 * how long the packet is, 0 while that is not known. False: it is none.
 */
bool ssh_packet(struct span bytes, size_t *ret_len, struct span *ret_payload);
bool ssh_parse_kexinit(struct span payload, struct arena *a,
		       struct ssh_offer *ret);
/* The host key at the start of a KEXDH_REPLY or KEX_ECDH_REPLY. */
bool ssh_parse_reply(struct span payload, struct arena *a,
		     struct ssh_host_key *ret);

/*
 * Appends our KEXINIT and the first message of the exchange, for a host key
 * of that algorithm; false when the server has no method that we can begin.
 */
bool ssh_begin_exchange(const struct ssh_offer *offer, const char *host_key,
			struct sb *out);

/* "2.0" of "SSH-2.0-OpenSSH_9.2", and the software behind it. */
bool ssh_parse_ident(struct span line, struct arena *a, const char **protocol,
		     const char **software);

/* All facts that the offer makes; `key` may have no type. */
void ssh_facts(const struct ssh_offer *offer, const struct ssh_host_key *key,
	       int port, struct fact_list *facts);

#endif
