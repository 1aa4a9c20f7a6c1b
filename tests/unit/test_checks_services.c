/* The checks of services: facts of one port in, the check that fails out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog_fixture.h"
#include "core/catalog.h"
#include "core/judge.h"
#include "table.h"

enum { PORT = 4000 };

static const struct scene {
	const char *name;
	const char *want; /* what fails, with blanks between; "" nothing */
	const char *service, *class;
	const char *fact; /* NULL: none */
	enum fact_kind kind;
	int64_t value;	  /* of a bool or number */
	const char *item; /* the one of a list; NULL: it is empty */
} scenes[] = {
	{ "service_database", "service_database", "mssql", "database" },
	{ "service_remote_control", "service_remote_control", "vnc",
	  "remote control" },
	{ "service_inner", "service_inner", "ldap", "inner service" },
	{ "service_files", "service_files", "nfs", "file service" },
	{ "service_industrial", "service_industrial", "modbus",
	  "industrial control" },
	{ "a public service", "", "smtp", "public" },
#define NO_AUTH(check, service)                                               \
	{ check, check, service, NULL, "service.no_auth", FACT_BOOL, true },  \
	{                                                                     \
		"no " check, "", service, NULL, "service.no_auth", FACT_BOOL, \
			false                                                 \
	}
	NO_AUTH("memcached_no_auth", "memcached"),
	NO_AUTH("mongodb_no_auth", "mongodb"),
	NO_AUTH("mqtt_no_auth", "mqtt"),
	NO_AUTH("vnc_no_auth", "vnc"),
	NO_AUTH("x11_no_auth", "x11"),
	NO_AUTH("redis_no_auth", "redis"),
#define YES(check, fact)                                           \
	{ check, check, "s", NULL, fact, FACT_BOOL, true },        \
	{                                                          \
		"no " check, "", "s", NULL, fact, FACT_BOOL, false \
	}
	YES("ftp_anonymous", "ftp.anonymous"),
	YES("elasticsearch_no_auth", "api.elasticsearch"),
	YES("couchdb_no_auth", "api.couchdb"),
	YES("docker_no_auth", "api.docker"),
	YES("etcd_no_auth", "api.etcd"),
	YES("kubelet_no_auth", "api.kubelet"),
	YES("ssh_protocol_1", "ssh.protocol_1"),
	YES("ssh_terrapin", "ssh.terrapin"),
	YES("ssh_passwords", "ssh.passwords"),
	YES("ssh_no_auth", "ssh.asks_nothing"),
	YES("smb_version_1", "smb.version_1"),
#define NO(check, fact)                                           \
	{ check, check, "s", NULL, fact, FACT_BOOL, false },      \
	{                                                         \
		"no " check, "", "s", NULL, fact, FACT_BOOL, true \
	}
	NO("ssh_no_post_quantum", "ssh.post_quantum"),
	NO("smb_signing_optional", "smb.signing_required"),
	NO("rdp_nla_optional", "rdp.nla_required"),
#define SOME(check, fact)                                            \
	{ check, check, "s", NULL, fact, FACT_LIST, 0, "x" },        \
	{                                                            \
		"no " check, "", "s", NULL, fact, FACT_LIST, 0, NULL \
	}
	SOME("rsync_modules", "rsync.modules"),
	SOME("ssh_weak_kex", "ssh.weak_kex"),
	SOME("ssh_weak_host_key", "ssh.weak_host_keys"),
	SOME("ssh_weak_cipher", "ssh.weak_ciphers"),
	SOME("ssh_weak_mac", "ssh.weak_macs"),
	{ "ssh_small_key", "ssh_small_key", "ssh", NULL, "ssh.rsa_bits",
	  FACT_INT, 1024 },
	{ "no ssh_small_key", "", "ssh", NULL, "ssh.rsa_bits", FACT_INT, 2048 },
};

static void state_scene(const struct scene *s, struct fact_list *f)
{
	struct str_list list = { (const char *[]){ s->item }, s->item ? 1 : 0 };

	fact_bool(f, "port.open", PORT, true);
	fact_text(f, "service.name", PORT, s->service);
	fact_bool(f, "service.confirmed", PORT, true);
	if (s->class)
		fact_text(f, "service.class", PORT, s->class);
	if (!s->fact)
		return;
	if (s->kind == FACT_BOOL)
		fact_bool(f, s->fact, PORT, s->value);
	else if (s->kind == FACT_INT)
		fact_int(f, s->fact, PORT, s->value);
	else
		fact_strs(f, s->fact, PORT, &list);
}

static void is_judged(void **state)
{
	const struct scene *s = *state;
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };
	struct judge_input in = { .name = "host.example",
				  .ip = "192.0.2.7",
				  .facts = &facts,
				  .checks = catalog_checks() };
	struct judgement j = { 0 };
	struct sb got = sb_new(&a, 64);

	state_scene(s, &facts);
	judge_host(&in, &a, &j);
	for (size_t i = 0; i < j.verdicts.len; i++)
		sb_addf(&got, "%s%s", i ? " " : "",
			j.verdicts.items[i].check->id);
	assert_string_equal(got.s, s->want);
	/* A good fact is evidence, too: the check was evaluated. */
	assert_true(j.checks.run.len > 0);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(scenes)];
	size_t n = 0;

	ADD(scenes, is_judged);
	return cmocka_run_group_tests(tests, catalog_setup, catalog_teardown);
}
