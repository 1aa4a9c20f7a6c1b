#include "scan/probes/edge_find.h"

#include <string.h>
#include <strings.h>

static bool begins(const char *text, const char *with, size_t len)
{
	return !strncasecmp(text, with, len);
}

/* "name", "name: beginning of the value" or "beginning-of-the-name*". */
static bool is_sign(const struct web_field *field, const char *sign)
{
	const char *colon = strstr(sign, ": ");
	size_t len = colon ? (size_t)(colon - sign) : strlen(sign);

	if (sign[len - 1] == '*')
		return begins(field->name, sign, len - 1);
	return strlen(field->name) == len && begins(field->name, sign, len) &&
	       (!colon || begins(field->value, colon + 2, strlen(colon + 2)));
}

static bool has_field(const struct web_answer *answer, const char *sign)
{
	for (size_t i = 0; i < answer->field_count; i++)
		if (is_sign(&answer->fields[i], sign))
			return true;
	return false;
}

static bool has_cookie(const struct web_answer *answer, const char *start)
{
	for (size_t i = 0; i < answer->field_count; i++)
		if (!strcasecmp(answer->fields[i].name, "Set-Cookie") &&
		    !strncmp(answer->fields[i].value, start, strlen(start)))
			return true;
	return false;
}

void edge_in_answer(const struct edge_networks *table,
		    const struct web_answer *answer, struct edge_signs *signs)
{
	for (size_t n = 0; n < table->networks.len; n++) {
		const struct edge_network *net = &table->networks.items[n];

		for (size_t i = 0; i < net->fields.len; i++)
			signs->of[n] += has_field(answer, net->fields.items[i]);
		for (size_t i = 0; i < net->cookies.len; i++)
			signs->of[n] +=
				has_cookie(answer, net->cookies.items[i]);
	}
}

static bool is_below(const char *name, const char *domain)
{
	size_t len = strlen(name), end = strlen(domain);

	return len > end && name[len - end - 1] == '.' &&
	       !strcasecmp(name + len - end, domain);
}

void edge_in_name(const struct edge_networks *table, const char *name,
		  struct edge_signs *signs)
{
	size_t len = strlen(name);
	char plain[256];

	/* As DNS writes it, or as people do. */
	if (len && name[len - 1] == '.')
		len--;
	if (len >= sizeof(plain))
		return;
	memcpy(plain, name, len);
	plain[len] = '\0';
	for (size_t n = 0; n < table->networks.len; n++)
		for (size_t i = 0; i < table->networks.items[n].names.len; i++)
			signs->of[n] += is_below(
				plain, table->networks.items[n].names.items[i]);
}
