#include "store/audit_chain.h"

#include <string.h>

#define LABEL "audit chain v1"

static void make_key(const char *secret, struct arena *a, struct audit_key *ret)
{
	const char *id;

	mac_key_derive(secret, LABEL, &ret->mac);
	id = mac_hex(&ret->mac, "id", 2, a);
	memcpy(ret->id, id, AUDIT_KEY_ID);
	ret->id[AUDIT_KEY_ID] = '\0';
}

void audit_keys_make(const struct settings *settings, struct arena *a,
		     struct audit_keys *ret)
{
	const char *previous = settings->data_key_previous;

	make_key(settings->data_key, a, &ret->at[0]);
	ret->len = 1;
	if (previous && *previous)
		make_key(previous, a, &ret->at[ret->len++]);
}

const struct audit_key *audit_key_find(const struct audit_keys *keys,
				       const char *hash)
{
	for (int i = 0; hash && i < keys->len; i++)
		if (!strncmp(hash, keys->at[i].id, AUDIT_KEY_ID) &&
		    hash[AUDIT_KEY_ID] == ':')
			return &keys->at[i];
	return NULL;
}

static void put(struct sb *b, const char *field)
{
	if (field)
		sb_addf(b, "%zu:%s,", strlen(field), field);
	else
		sb_add(b, "-,");
}

static void put_number(struct sb *b, int64_t n)
{
	sb_addf(b, "n%lld,", (long long)n);
}

static char *hash(const struct audit_key *key, const struct sb *b)
{
	return arena_printf(b->arena, "%s:%s", key->id,
			    mac_hex(&key->mac, b->s, b->len, b->arena));
}

char *audit_personal_hash(const struct audit_key *key,
			  const struct audit_row *row, struct arena *a)
{
	struct sb b = sb_new(a, 512);

	put(&b, "personal");
	put(&b, row->salt);
	put(&b, row->user_id);
	put(&b, row->actor_email);
	put(&b, row->actor_name);
	put(&b, row->ip_address);
	put(&b, row->user_agent);
	put(&b, row->details);
	return hash(key, &b);
}

char *audit_row_hash(const struct audit_key *key, const struct audit_row *row,
		     const char *before, struct arena *a)
{
	struct sb b = sb_new(a, 512);

	put(&b, "row");
	put(&b, before);
	put(&b, row->org_id);
	put_number(&b, row->seq);
	put(&b, row->id);
	put(&b, row->action);
	put(&b, row->resource_type);
	put(&b, row->resource_id);
	put(&b, row->api_key_id);
	put_number(&b, row->created_at);
	put(&b, row->personal_hash);
	return hash(key, &b);
}

char *audit_seal(const struct audit_key *key, const char *org,
		 const struct audit_head *head, struct arena *a)
{
	struct sb b = sb_new(a, 256);

	put(&b, "seal");
	put(&b, org);
	put_number(&b, head->last_seq);
	put(&b, head->last_hash);
	put_number(&b, head->purged_seq);
	put(&b, head->purged_hash);
	return hash(key, &b);
}

bool audit_sealed(const struct audit_keys *keys, const char *org,
		  const struct audit_head *head, struct arena *a)
{
	const struct audit_key *key = audit_key_find(keys, head->seal);

	return key && !strcmp(audit_seal(key, org, head, a), head->seal);
}
