/*
 * pubkey: what a public key is, from the bytes that a name publishes (DKIM).
 * Pure; through OpenSSL.
 */
#ifndef NIS2_NET_PUBKEY_H
#define NIS2_NET_PUBKEY_H

#include <stdbool.h>

#include "base/span.h"

enum { PUBKEY_DER_MAX = 4096 };

/*
 * Bits of an RSA key in base64 (blanks are passed over): SubjectPublicKeyInfo,
 * or the bare RSAPublicKey that some publish. 0: it is none.
 */
int pubkey_rsa_bits(struct span base64);
/* Bytes of the modulus of a certificate's RSA key; 0: it has none, or a longer
 * one than PUBKEY_RSA_MAX. */
enum { PUBKEY_RSA_MAX = 1024 };
int pubkey_rsa_bytes(struct span certificate);
/*
 * The RSA primitive on a block as long as the modulus, without any padding
 * (RFC 8017, 5.1.1). False: the block is not below the modulus.
 */
bool pubkey_rsa_raw(struct span certificate, const unsigned char *block,
		    unsigned char *ret);
/* How many bytes the base64 stands for; 0 when it is none. */
int pubkey_raw_length(struct span base64);

#endif
