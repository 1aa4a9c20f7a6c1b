#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Blocks double up to BLOCK_MAX so that a small request costs one malloc() and
 * a large report costs few. A single large allocation gets a block of its own.
 */
enum { BLOCK_MIN = 4096, BLOCK_MAX = 1 << 18, ALIGN = 16 };

struct arena_block {
	struct arena_block *next;
	size_t size;
	size_t used;
	_Alignas(16) char data[];
};

struct arena_defer {
	struct arena_defer *next;
	void (*release)(void *);
	void *arg;
};

static struct arena_block *block_new(struct arena *a, size_t need)
{
	size_t size = a->block ? a->block->size * 2 : BLOCK_MIN;
	struct arena_block *b;

	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (size < need)
		size = need;
	b = malloc(sizeof(*b) + size);
	if (!b) {
		fputs("nis2: out of memory\n", stderr);
		abort();
	}
	b->next = a->block;
	b->size = size;
	b->used = 0;
	a->block = b;
	return b;
}

char *arena_bytes(struct arena *a, size_t size)
{
	struct arena_block *b = a->block;
	char *p;

	if (size > SIZE_MAX / 2)
		abort();
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!b || b->size - b->used < size)
		b = block_new(a, size);
	p = b->data + b->used;
	b->used += size;
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(arena_bytes(a, size), 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		abort();
	return arena_alloc(a, total);
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *copy;

	if (!s)
		return NULL;
	len = strnlen(s, len);
	copy = arena_bytes(a, len + 1);
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	size_t room = a->block ? a->block->size - a->block->used : 0;
	char *at = room ? a->block->data + a->block->used : NULL;
	va_list again;
	char *s;
	int len;

	/* Mostly it fits in what is left, and is formatted once. */
	va_copy(again, ap);
	len = vsnprintf(at, room, fmt, again);
	va_end(again);
	if (len < 0)
		abort();
	s = arena_bytes(a, (size_t)len + 1);
	if (s != at || (size_t)len >= room)
		vsnprintf(s, (size_t)len + 1, fmt, ap);
	return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

void arena_defer(struct arena *a, void (*release)(void *), void *arg)
{
	struct arena_defer *d = arena_alloc(a, sizeof(*d));

	d->release = release;
	d->arg = arg;
	d->next = a->defer;
	a->defer = d;
}

static void run_deferred(struct arena *a)
{
	while (a->defer) {
		struct arena_defer *d = a->defer;

		a->defer = d->next;
		d->release(d->arg);
	}
}

void arena_reset(struct arena *a)
{
	run_deferred(a);
	while (a->block && a->block->next) {
		struct arena_block *b = a->block;

		a->block = b->next;
		free(b);
	}
	if (a->block)
		a->block->used = 0;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	run_deferred(a);
	while (a->block) {
		struct arena_block *b = a->block;

		a->block = b->next;
		free(b);
	}
}

struct sb sb_new(struct arena *a, size_t expected)
{
	struct sb b = { .arena = a, .cap = expected < 64 ? 64 : expected };

	b.s = arena_bytes(a, b.cap);
	b.s[0] = '\0';
	return b;
}

char *sb_room(struct sb *b, size_t len)
{
	size_t need = b->len + len + 1;
	size_t cap = b->cap;
	char *s;

	if (need <= cap)
		return b->s + b->len;
	while (cap < need)
		cap *= 2;
	s = arena_bytes(b->arena, cap);
	memcpy(s, b->s, b->len + 1);
	b->s = s;
	b->cap = cap;
	return b->s + b->len;
}

void sb_addn(struct sb *b, const char *s, size_t len)
{
	if (len > SB_MAX - b->len) {
		len = SB_MAX - b->len;
		b->truncated = true;
	}
	memcpy(sb_room(b, len), s, len);
	b->len += len;
	b->s[b->len] = '\0';
}

void sb_add(struct sb *b, const char *s)
{
	sb_addn(b, s, strlen(s));
}

void sb_addc(struct sb *b, char c)
{
	sb_addn(b, &c, 1);
}

void sb_addf(struct sb *b, const char *fmt, ...)
{
	va_list ap, again;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len >= 0 && (size_t)len <= SB_MAX - b->len) {
		vsnprintf(sb_room(b, (size_t)len), (size_t)len + 1, fmt, ap);
		b->len += (size_t)len;
	} else {
		b->truncated = true;
	}
	va_end(ap);
}
