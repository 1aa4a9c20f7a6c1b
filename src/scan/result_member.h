/*
 * result_member: how the members of a scan result are made of facts. One table
 * an object of the wire, each in a file of its own (result_http.c …); result.c
 * goes through them.
 */
#ifndef NIS2_SCAN_RESULT_MEMBER_H
#define NIS2_SCAN_RESULT_MEMBER_H

#include <stdbool.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "core/fact.h"

/*
 * One member of an object that is about a port, or with port 0 about the host
 * or its name. Not written when the function says so.
 */
struct member {
	const char *key;
	const char *fact; /* that it is made of, or NULL */
	bool (*write)(const struct fact_list *facts, int port, const char *fact,
		      struct sb *out);
};

/* Each ends with key == NULL. */
extern const struct member result_dns_members[];
extern const struct member result_http_members[];
extern const struct member result_legal_members[];
extern const struct member result_resilience_members[];
extern const struct member result_service_members[];
extern const struct member result_tls_members[];
extern const struct member result_whois_members[];

/* The fact's value; none where it was not stated. */
bool member_plain(const struct fact_list *facts, int port, const char *fact,
		  struct sb *out);
/* The same, with null where it was not stated. */
bool member_or_null(const struct fact_list *facts, int port, const char *fact,
		    struct sb *out);
/* The same, with "unknown". */
bool member_or_unknown(const struct fact_list *facts, int port,
		       const char *fact, struct sb *out);
/* true where it is, false otherwise. */
bool member_or_false(const struct fact_list *facts, int port, const char *fact,
		     struct sb *out);
/* true, or nothing. */
bool member_only_true(const struct fact_list *facts, int port, const char *fact,
		      struct sb *out);

/* The items of which it was stated; none where there are none. */
bool member_items(const struct fact_list *facts, int port, const char *fact,
		  struct sb *out);
/* {item: value} of each of which it was stated; none where there are none. */
bool member_by_item(const struct fact_list *facts, int port, const char *fact,
		    struct sb *out);
/* Secrets of a port, masked; written where somebody looked for them. */
bool member_secrets(const struct fact_list *facts, int port, const char *fact,
		    struct sb *out);
/* Those of all ports: the wire's secrets_found. */
const char *result_secrets(const struct fact_list *facts, struct arena *a);

/* What was looked at of the law of the country; as in legal_info. */
bool member_legal(const struct fact_list *facts, int port, const char *fact,
		  struct sb *out);

/* ---- for functions of one's own ---- */

/* {…} of a table. */
void member_object(const struct member *members, const struct fact_list *facts,
		   int port, struct sb *out);

bool member_is_true(const struct fact_list *facts, const char *fact, int port);
/* ["a","b"] */
void member_list(const struct str_list *list, struct sb *out);

#endif
