#include "core/score.h"

static const int deductions[SEVERITIES] = {
	[CHECK_SEVERITY_CRITICAL] = 50, [CHECK_SEVERITY_HIGH] = 20,
	[CHECK_SEVERITY_MEDIUM] = 10,	[CHECK_SEVERITY_LOW] = 5,
	[CHECK_SEVERITY_INFO] = 0,
};

bool severity_parse(const char *text, enum check_severity *ret)
{
	for (int i = 0; text && i < SEVERITIES; i++)
		if (!strcasecmp(text, check_severity_names[i])) {
			*ret = (enum check_severity)i;
			return true;
		}
	return false;
}

int score_host(const struct severity_counts *counts)
{
	int64_t score = 100;

	for (int i = 0; i < SEVERITIES; i++) {
		/* A hundred of a kind is worth no less than a million. */
		int64_t n = counts->of[i] < 100 ? counts->of[i] : 100;

		score -= n * deductions[i];
	}
	return score < 0 ? 0 : (int)score;
}

bool score_scan(int64_t sum, int64_t hosts, int *ret)
{
	if (hosts <= 0)
		return false;
	*ret = (int)(sum / hosts);
	return true;
}

enum score_band score_band(bool has_score, int64_t score)
{
	if (!has_score)
		return SCORE_NONE;
	if (score < 50)
		return SCORE_CRITICAL;
	return score < 80 ? SCORE_IMPROVE : SCORE_GOOD;
}
