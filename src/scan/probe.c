#include "scan/probe.h"

#include <string.h>

#include "base/clock.h"

#define PROBE(name) extern const struct probe probe_##name;
#include "scan/probes.def"
#undef PROBE

const struct probe *const probe_list[] = {
#define PROBE(name) &probe_##name,
#include "scan/probes.def"
#undef PROBE
	NULL,
};

bool probe_wants(const struct probe *probe, int port)
{
	if (probe->of_name)
		return false;
	if (!port)
		return !probe->any_port && !probe->ports;
	for (const int *p = probe->ports; p && *p; p++)
		if (*p == port)
			return true;
	return probe->any_port;
}

const struct fact_def *probe_declares(const struct probe *probe,
				      const char *fact)
{
	for (const struct fact_def *def = probe->facts; def->name; def++)
		if (!strcmp(def->name, fact))
			return def;
	return NULL;
}

bool probe_port_is_tls(int port)
{
	/* HTTPS, mail, LDAP, DNS, FTP, Telnet, SIP, WinRM, Kubernetes. */
	static const int ports[] = { 443,  465,	 636,  853,  990,
				     992,  993,	 995,  4443, 5061,
				     5986, 6443, 8443, 9443, 10443 };

	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		if (ports[i] == port)
			return true;
	return false;
}

bool probe_port_is_web(int port)
{
	return port == 80 || port == 443 || port == 8080 || port == 8443;
}

static bool is_true(const struct probe_run *run, const char *name)
{
	const struct fact *f = fact_find(run->facts, name, run->port);

	return f && f->yes;
}

bool probe_is_service(const struct probe_run *run, const char *name)
{
	const struct fact *f = fact_find(run->facts, "service.name", run->port);

	return f && f->text && is_true(run, "service.confirmed") &&
	       !strcmp(f->text, name);
}

bool probe_speaks_http(const struct probe_run *run, bool *ret_tls)
{
	const struct fact *tls =
		fact_find(run->facts, "service.tls", run->port);

	*ret_tls = tls ? tls->yes : probe_port_is_tls(run->port);
	if (is_true(run, "service.confirmed"))
		return probe_is_service(run, "http") ||
		       probe_is_service(run, "https");
	if (probe_port_is_web(run->port))
		return true;
	return *ret_tls && !fact_find(run->facts, "service.name", run->port);
}

enum starttls_kind probe_starttls(const struct probe_run *run)
{
	const struct fact *name =
		fact_find(run->facts, "service.name", run->port);
	enum starttls_kind usual = starttls_on(run->port);

	if (is_true(run, "service.tls"))
		return STARTTLS_NONE;
	if (!name)
		return usual;
	if (!is_true(run, "service.confirmed"))
		return STARTTLS_NONE; /* it was asked, and said nothing */
	/* XMPP has two ports, and one name for what answers. */
	if (usual &&
	    !strncmp(starttls_name(usual), name->text, strlen(name->text)))
		return usual;
	return starttls_named(name->text);
}

bool probe_may_speak_tls(const struct probe_run *run)
{
	const struct fact *tls =
		fact_find(run->facts, "service.tls", run->port);

	return tls ? tls->yes : probe_port_is_web(run->port);
}

const char *probe_sni(const struct probe_run *run)
{
	return run->host->name;
}

int64_t probe_deadline(const struct probe_run *run, int64_t us)
{
	int64_t end = clock_tick() + us;

	return end < run->deadline ? end : run->deadline;
}

bool probe_address_of(const struct probe_run *run, const char *host,
		      int64_t deadline, struct addr *ret, struct err *err)
{
	struct addr_list addrs = { 0 };

	if (addr_parse(host, ret))
		return !target_refuses(run->policy, ret) ||
		       err_set(err, ERR_REFUSED,
			       "the address may not be contacted");
	if (!target_resolve(host, run->policy, deadline, run->arena, &addrs,
			    err))
		return false;
	*ret = addrs.items[0];
	return true;
}
