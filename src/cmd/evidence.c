#include "cmd/evidence.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "codec/yaml.h"
#include "crypto/digest.h"

#define METADATA "metadata.json"
#define SIGNATURE "metadata.json.sig"
#define CONFIG "frozen_config.yaml"

enum { FILES_MAX = 8, FILE_MAX = 1 << 30 };

struct kept_file {
	const char *name, *sha256;
};

struct folder {
	const char *path;
	struct arena *arena;
	struct kept_file files[FILES_MAX];
	size_t len;
};

static bool keep(struct folder *f, const char *name, const struct sb *bytes,
		 struct err *err)
{
	if (bytes->truncated)
		return err_set(err, ERR_TOO_LARGE,
			       "%s of the evidence is too large", name);
	f->files[f->len++] =
		(struct kept_file){ name, digest_sha256(bytes->s, bytes->len,
							f->arena) };
	return file_write(arena_printf(f->arena, "%s/%s", f->path, name),
			  bytes->s, bytes->len, 0600, err);
}

/* ---- what is kept ---- */

static bool keep_config(struct folder *f, const struct evidence *e,
			struct err *err)
{
	struct sb out = sb_new(f->arena, 4096);

	scan_config_write(e->config, &out);
	return keep(f, CONFIG, &out, err);
}

/* One line a host: its address, and the facts that the probes stated. */
static bool keep_facts(struct folder *f, const struct evidence *e,
		       struct err *err)
{
	struct sb out = sb_new(f->arena, 1 << 16);

	for (const struct scanned_host *h = e->scan->first; h; h = h->next) {
		sb_add(&out, "{\"target\":");
		codec_write_string(&out, h->seen.target);
		sb_add(&out, ",\"ip\":");
		codec_write_string(&out, h->seen.ip);
		sb_addf(&out, ",\"facts\":%s}\n",
			scan_output_facts(h, f->arena));
	}
	return keep(f, "facts.jsonl", &out, err);
}

static bool keep_results(struct folder *f, const struct evidence *e,
			 struct err *err)
{
	struct sb out = sb_new(f->arena, 1 << 16);
	const struct scan_result_list *list = e->report->results;

	for (size_t i = 0; i < list->len; i++) {
		codec_write(&scan_result_type, &list->items[i], &out);
		sb_addc(&out, '\n');
	}
	return keep(f, "results.jsonl", &out, err);
}

/* The report as it is without the hash that comes of this folder. */
static bool keep_report(struct folder *f, const struct evidence *e,
			struct err *err)
{
	char *path = arena_printf(f->arena, "%s/report.json", f->path);
	struct report_input in = *e->report;
	char *bytes = NULL;
	size_t len = 0;

	in.evidence_sha256 = NULL;
	if (!report_save(&in, writer_find("scan-json"), path, NULL, err) ||
	    !file_read(path, FILE_MAX, f->arena, &bytes, &len, err))
		return false;
	f->files[f->len++] =
		(struct kept_file){ "report.json",
				    digest_sha256(bytes, len, f->arena) };
	return true;
}

static void write_metadata(const struct folder *f, const struct evidence *e,
			   struct sb *out)
{
	char start[CLOCK_TEXT], end[CLOCK_TEXT];

	clock_text(e->scan->started, start);
	clock_text(e->scan->ended, end);
	sb_add(out, "{\n  \"scan_id\": ");
	codec_write_string(out, e->report->scan->id);
	sb_addf(out,
		",\n  \"timestamp_start\": \"%s\",\n"
		"  \"timestamp_end\": \"%s\",\n"
		"  \"generator\": \"nis2 " NIS2_VERSION "\",\n"
		"  \"complete\": %s,\n  \"frozen_config_hash\": \"%s\",\n"
		"  \"files\": {",
		start, end, e->scan->complete ? "true" : "false",
		f->files[0].sha256);
	for (size_t i = 0; i < f->len; i++)
		sb_addf(out, "%s\n    \"%s\": \"%s\"", i ? "," : "",
			f->files[i].name, f->files[i].sha256);
	sb_add(out, "\n  }\n}\n");
}

static bool sign(const struct folder *f, const struct sign_key *key,
		 const struct sb *metadata, struct err *err)
{
	unsigned char signature[SIGN_BYTES];

	if (!key)
		return true;
	sign_make(key, metadata->s, metadata->len, signature);
	return file_write(arena_printf(f->arena, "%s/" SIGNATURE, f->path),
			  signature, sizeof(signature), 0600, err);
}

bool evidence_write(const struct evidence *e, struct arena *a,
		    const char **ret_sha256, struct err *err)
{
	struct folder f = { .arena = a };
	struct sb metadata = sb_new(a, 1024);

	f.path = arena_printf(a, "%s/scan_%s", e->folder, e->report->scan->id);
	if (!file_make_dir(f.path, 0700, err) || !keep_config(&f, e, err) ||
	    !keep_facts(&f, e, err) || !keep_results(&f, e, err) ||
	    !keep_report(&f, e, err))
		return false;
	write_metadata(&f, e, &metadata);
	*ret_sha256 = digest_sha256(metadata.s, metadata.len, a);
	/* Last: a folder without it was not finished. */
	return sign(&f, e->key, &metadata, err) &&
	       file_write(arena_printf(a, "%s/" METADATA, f.path), metadata.s,
			  metadata.len, 0600, err);
}

/* ---- whether it is as it was ---- */

/* The name may be a stranger's, and is shown to a terminal. */
static bool altered(struct err *err, const char *what, const char *name)
{
	err_set(err, ERR_CONFLICT, "%.60s %s", name, what);
	for (char *p = err->msg; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return false;
}

static bool check_signature(const char *folder, const struct sign_public *key,
			    const char *bytes, size_t len, struct arena *a,
			    struct err *err)
{
	char *signature = NULL;
	size_t signature_len = 0;

	if (!key)
		return true;
	if (!file_read(arena_printf(a, "%s/" SIGNATURE, folder), 4096, a,
		       &signature, &signature_len, err))
		return altered(err, "is missing: the evidence is not signed",
			       SIGNATURE);
	return (signature_len == SIGN_BYTES &&
		sign_check(key, bytes, len,
			   (const unsigned char *)signature)) ||
	       altered(err, "is not the signature of this key", SIGNATURE);
}

/* A name that stays in the folder. */
static bool is_name(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/') &&
	       strcmp(name, METADATA) != 0 && strcmp(name, SIGNATURE) != 0;
}

static bool is_regular(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool check_file(const char *folder, const struct yaml_node *entry,
		       struct err *err)
{
	_arena_ struct arena a = { 0 };
	char *path = arena_printf(&a, "%s/%s", folder, entry->key);
	char *bytes = NULL;
	size_t len = 0;

	if (!is_name(entry->key) || entry->kind != YAML_TEXT)
		return altered(err, "lists what is no file of it", METADATA);
	if (!is_regular(path) ||
	    !file_read(path, FILE_MAX, &a, &bytes, &len, err))
		return altered(err, "is missing", entry->key);
	return !strcmp(digest_sha256(bytes, len, &a), entry->text) ||
	       altered(err, "was changed", entry->key);
}

static const struct yaml_node *member(const struct yaml_node *map,
				      const char *key)
{
	const struct yaml_node *n =
		map && map->kind == YAML_MAP ? map->first : NULL;

	while (n && strcmp(n->key, key) != 0)
		n = n->next;
	return n;
}

/* Nothing was put beside what is listed. */
static bool check_others(const char *folder, const struct yaml_node *files,
			 struct err *err)
{
	DIR *dir = opendir(folder);
	bool ok = dir != NULL;

	for (struct dirent *d; ok && (d = readdir(dir));) {
		bool known = !strcmp(d->d_name, ".") ||
			     !strcmp(d->d_name, "..") ||
			     !strcmp(d->d_name, METADATA) ||
			     !strcmp(d->d_name, SIGNATURE) ||
			     member(files, d->d_name);

		ok = known ||
		     altered(err, "is not of this evidence", d->d_name);
	}
	if (!dir)
		return err_set(err, ERR_NOT_FOUND, "cannot open %.160s: %s",
			       folder, strerror(errno));
	closedir(dir);
	return ok;
}

static bool check_files(const char *folder, const char *text, size_t len,
			struct arena *a, struct err *err)
{
	const struct yaml_node *files, *config, *frozen;
	struct yaml_node *root = NULL;

	/* JSON is YAML, and what is refused in a configuration is here too. */
	if (!yaml_read(text, len, a, &root, NULL))
		return altered(err, "does not read", METADATA);
	files = member(root, "files");
	config = member(root, "frozen_config_hash");
	frozen = member(files, CONFIG);
	if (!frozen || !config || frozen->kind != YAML_TEXT ||
	    config->kind != YAML_TEXT || strcmp(frozen->text, config->text))
		return altered(err, "does not list its files", METADATA);
	for (const struct yaml_node *f = files->first; f; f = f->next)
		if (!check_file(folder, f, err))
			return false;
	return check_others(folder, files, err);
}

bool evidence_verify(const char *folder, const char *sha256,
		     const struct sign_public *key, struct arena *a,
		     const char **ret_sha256, struct err *err)
{
	char *path = arena_printf(a, "%s/" METADATA, folder);
	char *text = NULL;
	size_t len = 0;

	if (!file_read(path, YAML_BYTES, a, &text, &len, err))
		return false;
	*ret_sha256 = digest_sha256(text, len, a);
	if (sha256 && strcasecmp(sha256, *ret_sha256) != 0)
		return altered(err, "has another SHA-256", METADATA);
	return check_signature(folder, key, text, len, a, err) &&
	       check_files(folder, text, len, a, err);
}
