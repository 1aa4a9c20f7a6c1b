#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/*
 * A line is put together in this many bytes on the stack and written by one
 * write(2), so that lines of several threads do not mix; what does not fit is
 * cut with "...".
 */
enum { LINE_MAX_BYTES = 4096, VALUE_MAX = 1024 };

struct line {
	char buf[LINE_MAX_BYTES];
	size_t len;
};

static const char *const level_names[] = { "debug", "info", "warn", "error" };

/* Set once, before there are threads. */
static enum log_level least_level = LOG_INFO;
static enum log_format line_format = LOG_LOGFMT;

void log_setup(enum log_level least, enum log_format format)
{
	least_level = least;
	line_format = format;
}

/* All or nothing, so that an escape is never cut in two. */
static bool add(struct line *l, const char *s, size_t len)
{
	/* Room for the end that every line gets. */
	if (l->len + len > sizeof(l->buf) - 8)
		return false;
	memcpy(l->buf + l->len, s, len);
	l->len += len;
	return true;
}

/* How many bytes the lead byte `c` announces; 0 if it cannot begin one. */
static size_t utf8_announced(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c < 0xe0)
		return 2;
	if (c >= 0xe0 && c < 0xf0)
		return 3;
	return c >= 0xf0 && c < 0xf5 ? 4 : 0;
}

/* How many bytes make one valid UTF-8 character at `s`; 0 if none does. */
static size_t utf8_len(const unsigned char *s)
{
	size_t len = utf8_announced(s[0]);

	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Spelled too long, a surrogate, or past the last character. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

/*
 * One character, escaped so that the line stays one line and valid JSON. Both
 * forms use JSON's escapes; a byte that is not UTF-8 becomes U+FFFD.
 */
static bool add_char(struct line *l, const char *s, size_t *used)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char c = (unsigned char)*s;
	char u[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
	size_t len = utf8_len((const unsigned char *)s);

	*used = len ? len : 1;
	if (c == '"' || c == '\\')
		return add(l, (char[]){ '\\', (char)c }, 2);
	if (c == '\n')
		return add(l, "\\n", 2);
	if (c < 0x20 || c == 0x7f)
		return add(l, u, sizeof(u));
	return len ? add(l, s, len) : add(l, "\\ufffd", 6);
}

static void add_quoted(struct line *l, const char *s)
{
	size_t used = 0, limit = VALUE_MAX;
	bool fits = add(l, "\"", 1);

	for (; fits && *s && limit; s += used, limit--)
		fits = add_char(l, s, &used);
	if (*s)
		add(l, "...", 3);
	/* The reserve of add() always has room for this one. */
	l->buf[l->len++] = '"';
}

/*
 * Letters, digits and -_.:/@%+,*~?& stand without quotes. Bits by character:
 * strspn() would build such a table for every value of every line.
 */
static bool is_bare(const char *s)
{
	static const uint32_t bare[8] = {
		[1] = 0x87fffc60, [2] = 0x87ffffff, [3] = 0x47fffffe
	};
	size_t len = 0;

	for (; s[len] && len <= VALUE_MAX; len++) {
		unsigned char c = (unsigned char)s[len];

		if (!(bare[c >> 5] >> (c & 31) & 1))
			return false;
	}
	return len && len <= VALUE_MAX;
}

static void add_pair(struct line *l, const char *key, const char *value)
{
	bool json = line_format == LOG_JSON;
	size_t before = l->len;
	bool fits;

	if (json)
		fits = add(l, l->len ? ",\"" : "{\"", 2) &&
		       add(l, key, strlen(key)) && add(l, "\":", 2);
	else
		fits = add(l, " ", l->len ? 1 : 0) &&
		       add(l, key, strlen(key)) && add(l, "=", 1);
	/* A pair that would begin in the last bytes is left out whole. */
	if (!fits || l->len + 16 > sizeof(l->buf) - 8)
		l->len = before;
	else if (json || !is_bare(value))
		add_quoted(l, value);
	else if (!add(l, value, strlen(value)))
		l->len = before;
}

static void begin(struct line *l, enum log_level level, const char *name)
{
	char now[CLOCK_TEXT];

	l->len = 0;
	clock_text(clock_now(), now);
	add_pair(l, "ts", now);
	add_pair(l, "level", level_names[level]);
	add_pair(l, "event", name);
}

/*
 * Lines that wait. The thread sleeps until there is one, then a little longer
 * for those that follow it; a line that matters takes the others with it.
 */
enum { BATCH_MAX = 64 * 1024, BATCH_MICROS = 50000 };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	pthread_t thread;
	bool on;
	size_t len;
	char bytes[BATCH_MAX];
} batch = { .lock = PTHREAD_MUTEX_INITIALIZER,
	    .filled = PTHREAD_COND_INITIALIZER };

static void write_out(const char *bytes, size_t len)
{
	/* There is nobody to tell when even this fails. */
	ssize_t done = write(STDERR_FILENO, bytes, len);

	(void)done;
}

/* With the lock. */
static void batch_write(void)
{
	if (batch.len)
		write_out(batch.bytes, batch.len);
	batch.len = 0;
}

static void *batch_run(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&batch.lock);
	while (batch.on) {
		while (batch.on && !batch.len)
			pthread_cond_wait(&batch.filled, &batch.lock);
		if (batch.on) {
			pthread_mutex_unlock(&batch.lock);
			usleep(BATCH_MICROS);
			pthread_mutex_lock(&batch.lock);
		}
		batch_write();
	}
	pthread_mutex_unlock(&batch.lock);
	return NULL;
}

void log_batch(bool on)
{
	bool was;

	pthread_mutex_lock(&batch.lock);
	was = batch.on;
	/* Without the thread it stays line by line, which is only slower. */
	batch.on = on && (was || !pthread_create(&batch.thread, NULL, batch_run,
						 NULL));
	pthread_cond_signal(&batch.filled);
	pthread_mutex_unlock(&batch.lock);
	if (was && !on)
		pthread_join(batch.thread, NULL);
}

static void end(struct line *l, enum log_level level)
{
	if (line_format == LOG_JSON)
		l->buf[l->len++] = '}';
	l->buf[l->len++] = '\n';
	pthread_mutex_lock(&batch.lock);
	if (batch.len + l->len > BATCH_MAX)
		batch_write();
	if (!batch.len)
		pthread_cond_signal(&batch.filled);
	memcpy(batch.bytes + batch.len, l->buf, l->len);
	batch.len += l->len;
	if (!batch.on || level >= LOG_WARN)
		batch_write();
	pthread_mutex_unlock(&batch.lock);
}

void log_event(enum log_level level, const char *name, ...)
{
	struct line l;
	const char *key;
	va_list ap;

	if (level < least_level)
		return;
	begin(&l, level, name);
	va_start(ap, name);
	while ((key = va_arg(ap, const char *))) {
		const char *value = va_arg(ap, const char *);

		if (value)
			add_pair(&l, key, value);
	}
	va_end(ap);
	end(&l, level);
}

/* What a client did wrong is not an event for whoever runs the server. */
static enum log_level level_of(enum err_kind kind)
{
	if (kind == ERR_INTERNAL || kind == ERR_UPSTREAM || kind == ERR_BUSY)
		return LOG_ERROR;
	return LOG_WARN;
}

void log_error(const char *where, const char *id, const struct err *err)
{
	log_event(level_of(err->kind), "error", "where", where, "id", id,
		  "kind", err_kind_name(err->kind), "field",
		  *err->field ? err->field : NULL, "msg", err->msg, "cause",
		  *err->cause ? err->cause : NULL, NULL);
}
