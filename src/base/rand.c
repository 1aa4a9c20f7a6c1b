#include "base/rand.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

static pthread_once_t sodium_once = PTHREAD_ONCE_INIT;

static void start_sodium(void)
{
	if (sodium_init() >= 0)
		return;
	fputs("nis2: the kernel gives no randomness\n", stderr);
	abort();
}

void rand_bytes(void *buf, size_t len)
{
	pthread_once(&sodium_once, start_sodium);
	randombytes_buf(buf, len);
}

/*
 * RFC 9562 section 6.2, method 1: the 12 bits after the version are a counter
 * that begins at a random place in its lower half with each millisecond. When
 * it is used up the millisecond is counted on, ahead of the clock; a clock that
 * was set back is ignored until it catches up.
 */
enum { COUNTER_MAX = 0xfff, COUNTER_SEED = 0x7ff };

static pthread_mutex_t id_lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t id_ms;
static unsigned id_counter;

static void next_id(int64_t *ret_ms, unsigned *ret_counter, unsigned seed)
{
	int64_t now = clock_now() / 1000;

	pthread_mutex_lock(&id_lock);
	if (now > id_ms) {
		id_ms = now;
		id_counter = seed & COUNTER_SEED;
	} else if (id_counter < COUNTER_MAX) {
		id_counter++;
	} else {
		id_ms++;
		id_counter = seed & COUNTER_SEED;
	}
	*ret_ms = id_ms;
	*ret_counter = id_counter;
	pthread_mutex_unlock(&id_lock);
}

static void id_text(const unsigned char bytes[16], char *out)
{
	static const char hex[] = "0123456789abcdef";

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = hex[bytes[i] >> 4];
		*out++ = hex[bytes[i] & 15];
	}
	*out = '\0';
}

char *id_new(struct arena *a)
{
	unsigned char b[16];
	char *text = arena_bytes(a, ID_LEN + 1);
	unsigned counter;
	int64_t ms;

	rand_bytes(b + 6, 10);
	next_id(&ms, &counter, (unsigned)b[6] << 8 | b[7]);
	for (int i = 0; i < 6; i++)
		b[i] = (unsigned char)(ms >> (40 - 8 * i));
	b[6] = (unsigned char)(0x70 | counter >> 8); /* version 7 */
	b[7] = (unsigned char)counter;
	b[8] = (unsigned char)(0x80 | (b[8] & 0x3f)); /* variant */
	id_text(b, text);
	return text;
}

char *rand_token(struct arena *a, size_t len)
{
	const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	unsigned char *bytes = arena_alloc(a, len);
	size_t size = sodium_base64_ENCODED_LEN(len, variant);
	char *text = arena_bytes(a, size);

	rand_bytes(bytes, len);
	sodium_bin2base64(text, size, bytes, len, variant);
	sodium_memzero(bytes, len);
	return text;
}

char *rand_hex(struct arena *a, size_t len)
{
	unsigned char *bytes = arena_alloc(a, len);
	char *text = arena_bytes(a, 2 * len + 1);

	rand_bytes(bytes, len);
	sodium_bin2hex(text, 2 * len + 1, bytes, len);
	sodium_memzero(bytes, len);
	return text;
}
