#include "net/sct.h"

#include <fcntl.h>
#include <openssl/ct.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "net/cert_x509.h"

/* Of all logs in the form of the library. */
enum { CONFIG_MAX = 1 << 18, PIPE_USUAL = 1 << 16 };

struct sct_logs {
	CTLOG_STORE *store;
};

/* ---- the logs ---- */

static bool is_base64(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz0123456789+/=");

	return n && !text[n] && n < 2048;
}

/* The library reads logs from a file of its own form, and from no other. */
static bool config_of(const struct sct_log *logs, size_t count, struct sb *out,
		      struct err *err)
{
	sb_add(out, "enabled_logs =");
	for (size_t i = 0; i < count; i++)
		sb_addf(out, "%sl%zu", i ? "," : " ", i);
	sb_addc(out, '\n');
	for (size_t i = 0; i < count; i++) {
		if (!is_base64(logs[i].key))
			return err_set(err, ERR_INVALID,
				       "the key of log '%.60s' is not base64",
				       logs[i].name);
		sb_addf(out, "[l%zu]\ndescription = log %zu\nkey = %s\n", i, i,
			logs[i].key);
	}
	return true;
}

/*
 * Through a pipe: whoever is about to close the sandbox may write no file,
 * not even in memory.
 */
static bool load(CTLOG_STORE *store, const struct sb *config)
{
	_cleanup_fd_ int from = -1, to = -1;
	int ends[2];
	char path[64];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return false;
	from = ends[0];
	to = ends[1];
	if (config->len > CONFIG_MAX ||
	    (config->len > PIPE_USUAL &&
	     fcntl(to, F_SETPIPE_SZ, CONFIG_MAX) < (int)config->len) ||
	    write(to, config->s, config->len) != (ssize_t)config->len)
		return false;
	file_close_fd(&to);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", from);
	return CTLOG_STORE_load_file(store, path) == 1;
}

bool sct_logs_open(const struct sct_log *logs, size_t count,
		   struct sct_logs **ret, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct sb config = sb_new(&a, 4096);
	struct sct_logs *l;

	if (count > SCT_LOGS_MAX)
		return err_set(err, ERR_INVALID, "more than %d logs",
			       SCT_LOGS_MAX);
	if (!config_of(logs, count, &config, err))
		return false;
	l = calloc(1, sizeof(*l));
	if (!l || !(l->store = CTLOG_STORE_new()))
		abort();
	if (count && !load(l->store, &config)) {
		sct_logs_close(l);
		ERR_clear_error();
		return err_set(err, ERR_INVALID, "a key is none of a log");
	}
	*ret = l;
	return true;
}

void sct_logs_close(struct sct_logs *logs)
{
	if (!logs)
		return;
	CTLOG_STORE_free(logs->store);
	free(logs);
}

void sct_logs_close_at_end(struct sct_logs **logs)
{
	sct_logs_close(*logs);
}

/* ---- reading ---- */

static enum sct_state state_of(const SCT *sct)
{
	switch (SCT_get_validation_status(sct)) {
	case SCT_VALIDATION_STATUS_VALID:
		return SCT_VALID;
	case SCT_VALIDATION_STATUS_INVALID:
		return SCT_INVALID;
	case SCT_VALIDATION_STATUS_UNKNOWN_LOG:
		return SCT_UNKNOWN_LOG;
	default:
		return SCT_NOT_VERIFIED;
	}
}

static bool is_known(const struct sct_list *list, const struct sct *one)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcmp(list->items[i].log, one->log) &&
		    list->items[i].timestamp == one->timestamp)
			return true;
	return false;
}

static void add(SCT *sct, sct_source_t source, const CT_POLICY_EVAL_CTX *ctx,
		struct sct_list *ret)
{
	unsigned char *id = NULL;
	size_t len = SCT_get0_log_id(sct, &id);
	uint64_t ms = SCT_get_timestamp(sct);
	struct sct one = { .state = SCT_NOT_VERIFIED };

	if (ret->len == SCT_MAX || len != 32 || ms > INT64_MAX / 1000)
		return;
	for (size_t i = 0; i < len; i++)
		snprintf(one.log + 2 * i, 3, "%02x", id[i]);
	one.timestamp = (int64_t)ms * 1000;
	if (is_known(ret, &one))
		return;
	if (SCT_set_source(sct, source) && SCT_validate(sct, ctx) >= 0)
		one.state = state_of(sct);
	ret->items[ret->len++] = one;
}

static void add_all(STACK_OF(SCT) * list, sct_source_t source,
		    const CT_POLICY_EVAL_CTX *ctx, struct sct_list *ret)
{
	for (int i = 0; list && i < sk_SCT_num(list); i++)
		add(sk_SCT_value(list, i), source, ctx, ret);
	SCT_LIST_free(list);
}

static STACK_OF(SCT) * list_of(struct cert_der bytes)
{
	const unsigned char *p = bytes.bytes;

	if (bytes.len < 2 || bytes.len > SCT_LIST_MAX)
		return NULL;
	return o2i_SCT_LIST(NULL, &p, bytes.len);
}

static CT_POLICY_EVAL_CTX *context(const struct sct_input *in, X509 *x,
				   CTLOG_STORE *logs)
{
	CT_POLICY_EVAL_CTX *ctx = CT_POLICY_EVAL_CTX_new();

	if (!ctx || !CT_POLICY_EVAL_CTX_set1_cert(ctx, x))
		abort();
	if (in->issuer) {
		X509 *ca = cert_x509(in->issuer);

		if (!CT_POLICY_EVAL_CTX_set1_issuer(ctx, ca))
			abort();
		X509_free(ca);
	}
	CT_POLICY_EVAL_CTX_set_shared_CTLOG_STORE(ctx, logs);
	CT_POLICY_EVAL_CTX_set_time(ctx, (uint64_t)(in->now / 1000));
	return ctx;
}

void sct_read(const struct sct_input *in, struct sct_list *ret)
{
	CTLOG_STORE *none = in->logs ? NULL : CTLOG_STORE_new();
	X509 *x = cert_x509(in->cert);
	CT_POLICY_EVAL_CTX *ctx =
		context(in, x, in->logs ? in->logs->store : none);

	ret->len = 0;
	add_all(X509_get_ext_d2i(x, NID_ct_precert_scts, NULL, NULL),
		SCT_SOURCE_X509V3_EXTENSION, ctx, ret);
	add_all(list_of(in->tls), SCT_SOURCE_TLS_EXTENSION, ctx, ret);
	add_all(list_of(in->ocsp), SCT_SOURCE_OCSP_STAPLED_RESPONSE, ctx, ret);
	CT_POLICY_EVAL_CTX_free(ctx);
	CTLOG_STORE_free(none);
	X509_free(x);
	ERR_clear_error();
}
