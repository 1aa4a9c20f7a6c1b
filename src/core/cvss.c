#include "core/cvss.h"

#include <math.h>
#include <string.h>

/*
 * Section 7.4 of the specification: what each value of a metric weighs. The
 * weights of PR with a changed scope are in PR_CHANGED.
 */
enum metric { AV, AC, PR, UI, SCOPE, C, I, A, METRICS };

struct weight {
	char value;
	double weight;
};

static const struct {
	const char *name;
	struct weight values[5];
} metrics[METRICS] = {
	[AV] = { "AV",
		 { { 'N', 0.85 },
		   { 'A', 0.62 },
		   { 'L', 0.55 },
		   { 'P', 0.2 } } },
	[AC] = { "AC", { { 'L', 0.77 }, { 'H', 0.44 } } },
	[PR] = { "PR", { { 'N', 0.85 }, { 'L', 0.62 }, { 'H', 0.27 } } },
	[UI] = { "UI", { { 'N', 0.85 }, { 'R', 0.62 } } },
	[SCOPE] = { "S", { { 'U', 0 }, { 'C', 1 } } },
	[C] = { "C", { { 'H', 0.56 }, { 'L', 0.22 }, { 'N', 0 } } },
	[I] = { "I", { { 'H', 0.56 }, { 'L', 0.22 }, { 'N', 0 } } },
	[A] = { "A", { { 'H', 0.56 }, { 'L', 0.22 }, { 'N', 0 } } },
};

static const struct weight pr_changed[] = {
	{ 'N', 0.85 },
	{ 'L', 0.68 },
	{ 'H', 0.5 },
};

static bool weigh(const struct weight *values, char value, double *ret)
{
	for (int i = 0; i < 5 && values[i].value; i++)
		if (values[i].value == value) {
			*ret = values[i].weight;
			return true;
		}
	return false;
}

/* Reads one "NAME:V" of `len` bytes into `chosen`; each metric once. */
static bool read_metric(const char *text, size_t len, char chosen[METRICS],
			double weights[METRICS])
{
	for (int m = 0; m < METRICS; m++) {
		size_t name = strlen(metrics[m].name);

		if (len != name + 2 || text[name] != ':' ||
		    strncmp(text, metrics[m].name, name) || chosen[m])
			continue;
		chosen[m] = text[name + 1];
		return weigh(metrics[m].values, chosen[m], &weights[m]);
	}
	return false;
}

static bool read_vector(const char *vector, double weights[METRICS])
{
	static const char prefix[] = "CVSS:3.1";
	char chosen[METRICS] = { 0 };
	const char *p;

	if (!vector || strncmp(vector, prefix, sizeof(prefix) - 1))
		return false;
	p = vector + sizeof(prefix) - 1;
	while (*p == '/') {
		size_t len = strcspn(++p, "/");

		if (!read_metric(p, len, chosen, weights))
			return false;
		p += len;
	}
	if (*p || memchr(chosen, 0, METRICS))
		return false;
	if (chosen[SCOPE] == 'C')
		weigh(pr_changed, chosen[PR], &weights[PR]);
	return true;
}

/*
 * Appendix A: up to the next tenth, in whole numbers so that 4.000000001 is
 * not 4.1.
 */
static double round_up(double x)
{
	long n = lround(x * 100000);

	if (n % 10000 == 0)
		return (double)n / 100000;
	return (double)(n / 10000 + 1) / 10;
}

bool cvss_base(const char *vector, double *ret)
{
	double w[METRICS] = { 0 };
	double iss, impact, exploitability, sum;
	bool changed;

	if (!read_vector(vector, w))
		return false;
	changed = w[SCOPE] > 0;
	iss = 1 - (1 - w[C]) * (1 - w[I]) * (1 - w[A]);
	impact = changed ? 7.52 * (iss - 0.029) - 3.25 * pow(iss - 0.02, 15)
			 : 6.42 * iss;
	exploitability = 8.22 * w[AV] * w[AC] * w[PR] * w[UI];
	sum = impact + exploitability;
	if (impact <= 0)
		*ret = 0;
	else
		*ret = round_up(fmin(changed ? 1.08 * sum : sum, 10));
	return true;
}
