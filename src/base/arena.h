/*
 * arena: memory for one unit of work.
 *
 * A request, a job, a scanned host: each has one arena. Everything it needs is
 * allocated there and nothing is freed one by one; arena_free() ends it all.
 * Memory comes zeroed. An allocation never fails: out of memory aborts the
 * process, which is only honest because every size that comes from outside has
 * been bounded before it gets here (docs/memory.md).
 *
 *	_arena_ struct arena a = { 0 };
 *	const char *s = arena_printf(&a, "%s:%d", host, port);
 *
 * One thread at a time may use an arena.
 */
#ifndef NIS2_BASE_ARENA_H
#define NIS2_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena {
	struct arena_block *block; /* newest first */
	struct arena_defer *defer; /* run newest first by arena_reset() */
};

/* An arena that ends with the scope it is declared in. */
#define _arena_ __attribute__((cleanup(arena_free)))

/* `size` zeroed bytes, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *a, size_t size)
	__attribute__((returns_nonnull, alloc_size(2)));

/* `count` zeroed elements of `size` bytes; aborts when the product overflows.
 */
void *arena_array(struct arena *a, size_t count, size_t size)
	__attribute__((returns_nonnull, alloc_size(2, 3)));

/* `size` bytes with whatever is in them, for text that is written at once. */
char *arena_bytes(struct arena *a, size_t size)
	__attribute__((returns_nonnull, alloc_size(2)));

/* Copies; NULL stays NULL. arena_strndup() takes at most `len` bytes. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t len);

char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0), returns_nonnull));

/*
 * Calls `release(arg)` when the arena ends: for the rare thing that is not
 * memory and lives as long (a parsed json_t, a PCRE2 match).
 */
void arena_defer(struct arena *a, void (*release)(void *), void *arg);

/* Empty and usable again; keeps one block, so that a loop does not allocate. */
void arena_reset(struct arena *a);

/* Ends the arena. NULL is fine; so is an arena that was never used. */
void arena_free(struct arena *a);

/*
 * sb: a string that grows in an arena. `s` is always NUL-terminated (it is ""
 * before the first byte). A string never grows past SB_MAX: what comes after
 * is dropped and `truncated` says so.
 */
#define SB_MAX ((size_t)256 << 20)

struct sb {
	struct arena *arena;
	char *s;
	size_t len;
	size_t cap;
	bool truncated;
};

struct sb sb_new(struct arena *a, size_t expected);
void sb_add(struct sb *b, const char *s);
void sb_addn(struct sb *b, const char *s, size_t len);
void sb_addc(struct sb *b, char c);
void sb_addf(struct sb *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Room for `len` more bytes at the end; the caller advances `len` itself. */
char *sb_room(struct sb *b, size_t len);

#endif
