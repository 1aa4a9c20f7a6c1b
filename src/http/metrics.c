#include "http/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Upper bounds in microseconds, and in seconds as Prometheus wants them. */
static const struct {
	int64_t micros;
	const char *seconds;
} buckets[] = {
	{ 250, "0.00025" }, { 1000, "0.001" },	   { 2500, "0.0025" },
	{ 5000, "0.005" },  { 10000, "0.01" },	   { 25000, "0.025" },
	{ 50000, "0.05" },  { 100000, "0.1" },	   { 250000, "0.25" },
	{ 500000, "0.5" },  { 1000000, "1" },	   { 2500000, "2.5" },
	{ 10000000, "10" }, { INT64_MAX, "+Inf" },
};

enum { BUCKETS = sizeof(buckets) / sizeof(*buckets), CLASSES = 6 };

/* Counters of one route on cache lines of their own. */
struct counts {
	_Alignas(64) _Atomic uint64_t by_class[CLASSES];
	_Atomic uint64_t by_bucket[BUCKETS];
	_Atomic uint64_t micros;
};

struct metrics {
	const struct route *routes;
	size_t count;
	struct counts *counts; /* one more than there are routes */
};

struct metrics *metrics_new(const struct route *routes, size_t count)
{
	struct metrics *m = calloc(1, sizeof(*m));
	size_t size = (count + 1) * sizeof(*m->counts);

	if (!m || !(m->counts = aligned_alloc(64, size)))
		abort();
	memset(m->counts, 0, size);
	m->routes = routes;
	m->count = count;
	return m;
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	free(m->counts);
	free(m);
}

static void add(_Atomic uint64_t *to, uint64_t n)
{
	atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

static unsigned long long get(const _Atomic uint64_t *from)
{
	return atomic_load_explicit(from, memory_order_relaxed);
}

void metrics_count(struct metrics *m, const struct route *route, int status,
		   int64_t micros)
{
	size_t at = route ? (size_t)(route - m->routes) : m->count;
	struct counts *c = &m->counts[at];
	int class = status / 100, i = 0;

	while (micros > buckets[i].micros)
		i++;
	add(&c->by_class[class > 0 && class < CLASSES ? class : 0], 1);
	add(&c->by_bucket[i], 1);
	add(&c->micros, micros > 0 ? (uint64_t)micros : 0);
}

static const char *name_of(const struct metrics *m, size_t i)
{
	return i < m->count ? m->routes[i].id : "other";
}

static void write_requests(const struct metrics *m, struct sb *out)
{
	sb_add(out, "# HELP nis2_http_requests_total Requests answered.\n"
		    "# TYPE nis2_http_requests_total counter\n");
	for (size_t i = 0; i <= m->count; i++)
		for (int class = 1; class < CLASSES; class ++) {
			unsigned long long n =
				get(&m->counts[i].by_class[class]);

			if (n)
				sb_addf(out,
					"nis2_http_requests_total{route=\"%s\","
					"status=\"%dxx\"} %llu\n",
					name_of(m, i), class, n);
		}
}

static void write_histogram(const char *name, const struct counts *c,
			    struct sb *out)
{
	unsigned long long sum = 0;

	for (int i = 0; i < BUCKETS; i++) {
		sum += get(&c->by_bucket[i]);
		sb_addf(out,
			"nis2_http_request_seconds_bucket{route=\"%s\","
			"le=\"%s\"} %llu\n",
			name, buckets[i].seconds, sum);
	}
	sb_addf(out, "nis2_http_request_seconds_sum{route=\"%s\"} %.6f\n", name,
		(double)get(&c->micros) / 1e6);
	sb_addf(out, "nis2_http_request_seconds_count{route=\"%s\"} %llu\n",
		name, sum);
}

static bool used(const struct counts *c)
{
	for (int i = 0; i < BUCKETS; i++)
		if (get(&c->by_bucket[i]))
			return true;
	return false;
}

void metrics_write(const struct metrics *m, size_t waiting, struct sb *out)
{
	write_requests(m, out);
	sb_add(out, "# HELP nis2_http_request_seconds From the request line to "
		    "the last byte of the reply.\n"
		    "# TYPE nis2_http_request_seconds histogram\n");
	for (size_t i = 0; i <= m->count; i++)
		if (used(&m->counts[i]))
			write_histogram(name_of(m, i), &m->counts[i], out);
	sb_addf(out,
		"# HELP nis2_http_queue_length Requests waiting for a "
		"handler.\n"
		"# TYPE nis2_http_queue_length gauge\n"
		"nis2_http_queue_length %zu\n",
		waiting);
}
