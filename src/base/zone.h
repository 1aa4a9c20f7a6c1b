/*
 * zone: a time zone of the system's tzdata, read for itself.
 *
 * The C library knows one zone a process (the variable TZ), so threads that
 * want different ones would race. Here a zone is a value: the TZif file
 * /usr/share/zoneinfo/NAME (RFC 9636), read once, asked as often as one likes
 * by as many threads.
 *
 *	if (!zone_open("Europe/Rome", arena, &zone, err))
 *		return false;
 *	local = utc + zone_offset(zone, utc);
 *
 * Seconds here are seconds since 1970, without leap seconds.
 */
#ifndef NIS2_BASE_ZONE_H
#define NIS2_BASE_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* Longer names there are none; larger files neither. */
enum { ZONE_NAME_MAX = 64, ZONE_FILE_MAX = 64 << 10 };

struct zone;

/*
 * The zone of that IANA name, as "Europe/Rome"; "UTC" needs no file. A name
 * that is none, or that this system does not know, is ERR_INVALID.
 */
bool zone_open(const char *name, struct arena *a, const struct zone **ret,
	       struct err *err);

/* The same from the bytes of a TZif file. ERR_INVALID: they are none. */
bool zone_read(const void *bytes, size_t len, struct arena *a,
	       const struct zone **ret, struct err *err);

/* What is added to UTC to get local time at that moment. NULL is UTC. */
int64_t zone_offset(const struct zone *zone, int64_t utc);

/*
 * The moments that have this local time (in seconds, as if it were UTC), in
 * order: one; two in the hour that autumn repeats; none in the one that spring
 * leaves out, and then `ret[0]` is the moment that the offset before the gap
 * gives (RFC 5545, 3.3.5: "DATE-TIME"). Returns 1, 2 or 0.
 */
int zone_moments(const struct zone *zone, int64_t local, int64_t ret[2]);

#endif
