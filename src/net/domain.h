/*
 * domain: to which organisation's domain a name belongs, by the Public Suffix
 * List (libpsl): `www.shop.example.co.uk` is of `example.co.uk`.
 */
#ifndef NIS2_NET_DOMAIN_H
#define NIS2_NET_DOMAIN_H

#include <stdbool.h>

#include "base/arena.h"

/*
 * Reads the list from disk, once. Optional: for a process that is about to
 * give up its access to files. Without it the list of the library serves,
 * which is as old as the library.
 */
void domain_prepare(void);

/*
 * The organisational domain of a name, in lower case and without a final dot.
 * A name that is a public suffix itself stands for itself.
 */
const char *domain_of(const char *name, struct arena *a);

/* The same organisation has both. */
bool domain_same(const char *name, const char *other);

#endif
