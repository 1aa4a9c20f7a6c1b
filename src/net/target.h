/*
 * target: what may be registered, and what may be contacted.
 *
 * Two questions, two answers. May this be an asset?
 * Private, loopback and other special addresses are refused, documentation
 * networks are not. May we connect to it? No special address at all, unless
 * the operator's SCAN_ALLOW_NETWORKS names it. Names are resolved once and the
 * judged addresses are handed out, so a name cannot change under a probe.
 */
#ifndef NIS2_NET_TARGET_H
#define NIS2_NET_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/addr.h"
#include "net/dns.h"

enum target_use {
	TARGET_REGISTER, /* may it be an asset */
	TARGET_CONNECT,	 /* may a connection be made */
};

struct target_policy {
	enum target_use use;
	struct net_list allow;	/* SCAN_ALLOW_NETWORKS */
	const char *hosts_file; /* HOSTS_FILE */
	const char *resolver;	/* RESOLVER; NULL: /etc/resolv.conf */
};

enum target_kind { TARGET_DOMAIN, TARGET_IP, TARGET_CIDR };

/* A network is at most this many addresses: IPv4 /16, IPv6 /112. */
enum { TARGET_CIDR_MAX = 65536, TARGET_NAME_MAX = 253 };

struct target_spec {
	enum target_kind kind;
	const char *value; /* the normalised text that is stored */
	struct cidr net;   /* IP and CIDR; an IP is a /32 or /128 */
};

/*
 * Checks and normalises a target without asking the network. `type` is
 * "domain", "ip" or "cidr". The messages (ERR_INVALID) are the contract's.
 */
bool target_normalise(const struct target_policy *policy, const char *type,
		      const char *text, struct arena *a,
		      struct target_spec *ret, struct err *err);

/*
 * Resolves a normalised name once (A and AAAA, IPv4 first). One refused
 * address refuses the name; the message does not tell which address it is,
 * the cause does.
 */
bool target_resolve(const char *name, const struct target_policy *policy,
		    int64_t deadline, struct arena *a, struct addr_list *ret,
		    struct err *err);

/*
 * Both, for whoever stores a target: `ret_pinned` is the address to keep (the
 * first of a name, the address itself of an IP, NULL for a network).
 */
bool target_check(const struct target_policy *policy, const char *type,
		  const char *text, int64_t deadline, struct arena *a,
		  struct target_spec *ret, const char **ret_pinned,
		  struct err *err);

/* Why the policy refuses an address ("private-use", …); NULL when it does not.
 */
const char *target_refuses(const struct target_policy *policy,
			   const struct addr *a);

#endif
