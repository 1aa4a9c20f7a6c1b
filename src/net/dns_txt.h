/*
 * dns_txt: the TXT records of a name, through libunbound.
 */
#ifndef NIS2_NET_DNS_TXT_H
#define NIS2_NET_DNS_TXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* More records are cut; a text is what its strings make together. */
enum { DNS_TXT_MAX = 32 };

struct dns_texts {
	const char **items;
	size_t len;
};

/*
 * `servers`: addresses with an optional @port, blanks between; "" means those
 * of /etc/resolv.conf. `deadline` is a clock_tick() value. No such record is
 * ERR_NOT_FOUND; a resolver that fails or is late is ERR_UPSTREAM.
 */
bool dns_txt(const char *name, const char *servers, int64_t deadline,
	     struct arena *a, struct dns_texts *ret, struct err *err);

/* The text of one record's RDATA (RFC 1035, 3.3.14); NULL when malformed. */
const char *dns_txt_join(const void *rdata, size_t len, struct arena *a);

#endif
