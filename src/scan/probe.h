/*
 * probe: what a probe is.
 *
 * A probe looks at one thing (the certificate of a port, the headers of a web
 * server) and states facts about it; it never judges. A file in probes/ holds
 * parse functions that do no I/O (declared in a small header, so that tests
 * and fuzzers reach them), one static run(), and one descriptor:
 *
 *	const struct probe probe_ssh = {
 *		.name = "ssh",
 *		.about = "SSH version and algorithms",
 *		.feature = PROBE_PORTS,
 *		.ports = (const int[]){ 22, 0 },
 *		.deadline_ms = 5000,
 *		.facts = (const struct fact_def[]){
 *			{ "ssh.protocol", FACT_TEXT, "Protocol version" },
 *			{ 0 } },
 *		.run = run,
 *	};
 *
 * and one line in probes.def. A probe of a name (`of_name`) runs once for a
 * name, whether an address of it answers or not, and states facts of port 0.
 * Every fact it may state is declared: that list is what `nis2 probe --list`
 * shows and what checks are verified against. The runner aborts on a fact that
 * was not declared.
 */
#ifndef NIS2_SCAN_PROBE_H
#define NIS2_SCAN_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/fact.h"
#include "net/addr.h"
#include "net/cert.h"
#include "net/starttls.h"
#include "net/target.h"

struct scan_plan;
struct sct_logs;
struct web_page;

/* Which switch of the scan turns the probe on. */
enum probe_feature { PROBE_PORTS, PROBE_WEB, PROBE_DNS, PROBE_WHOIS };

/* The address that is looked at, as the sweep left it. */
struct probe_host {
	const char *target;   /* as in the plan */
	const char *name;     /* the DNS name, for SNI and Host; NULL: none */
	const char *ip;	      /* text of `addr` */
	struct addr addr;     /* judged by net/target.h; connect to this only;
			       * family 0: the name has no address */
	bool speaks_for_name; /* the one address of its name whose result holds
			       * what is known of the name itself */
	const int *ports;     /* open, ascending */
	size_t port_count;
	const int *tested; /* all that the sweep tried, ascending */
	size_t tested_count;
};

/*
 * What one run of a probe has. The arena ends with the run; that of the facts,
 * which copy what they are given, with the host.
 */
struct probe_run {
	const struct probe *probe;
	const struct probe_host *host;
	int port;	    /* 0 for a probe of the host as a whole */
	int64_t deadline;   /* clock_tick(): everything ends here */
	int64_t now;	    /* clock_now() when the plan began */
	int64_t request_us; /* for one HTTP request, scan_timeout of the plan */
	const char *user_agent;
	const struct scan_plan *plan; /* settings of the scan */
	/* Judges every other address a probe is led to: of a mail or name
	 * server, of a URL in a certificate. */
	const struct target_policy *policy;
	const struct cert_store *trust; /* opened before the sandbox closed */
	const struct sct_logs *logs;	/* the same; NULL: none are known */
	struct web_page **pages;	/* of this host, see scan/page.h */
	struct arena *arena;
	struct fact_list *facts;
};

struct fact_def {
	const char *name;
	enum fact_kind kind;
	const char *about;
};

struct probe {
	const char *name;
	const char *about;
	enum probe_feature feature;
	const int *ports; /* open ports it runs on, ends with 0; NULL: it runs
			   * once, for the host as a whole */
	bool any_port;	  /* on every open port; `ports` is not read */
	bool of_name;	  /* once for a name; `ports` is not read */
	bool thorough;	  /* not in a quick scan */
	bool intrusive;	  /* does more than a visitor would: needs consent */
	bool on_request;  /* only in a plan whose `only` names it */
	int deadline_ms;
	int requests; /* or: the time of so many HTTP requests of the plan */
	const struct fact_def *facts; /* ends with name == NULL */
	/*
	 * False: something could not be looked at; the message becomes an
	 * error of the host. Facts stated before that stay.
	 */
	bool (*run)(struct probe_run *run, struct err *err);
};

/* All of probes.def, in its order; the last is NULL. */
extern const struct probe *const probe_list[];

/* Whether it looks at this port (0: at hosts as a whole); names aside. */
bool probe_wants(const struct probe *probe, int port);
/* The declaration, or NULL. */
const struct fact_def *probe_declares(const struct probe *probe,
				      const char *fact);

/* 443, 993 and others where TLS starts with the first byte. */
bool probe_port_is_tls(int port);
/* 80, 443, 8080 and 8443. */
bool probe_port_is_web(int port);
/*
 * What the probe `services` found out, for those that come after it; where it
 * did not run, what the number of the port stands for.
 *
 * Whether the port speaks HTTP, in clear or behind TLS. Behind TLS it is known
 * for certain once the probe `banner` ran; before, any TLS may carry HTTP.
 */
bool probe_speaks_http(const struct probe_run *run, bool *ret_tls);
/* Whether a TLS hello makes sense here: nothing else has answered. */
bool probe_may_speak_tls(const struct probe_run *run);
/*
 * What is to be said before TLS: by the service that was confirmed on the
 * port, or by the number of the port where nobody knows.
 */
enum starttls_kind probe_starttls(const struct probe_run *run);
/* The service that was confirmed on the port is this one. */
bool probe_is_service(const struct probe_run *run, const char *name);
/* So many microseconds from now, and not behind the end of the run. */
int64_t probe_deadline(const struct probe_run *run, int64_t us);
/*
 * The first address of a host that the target leads to (a responder, a
 * registry), judged by the plan's policy: ERR_REFUSED for a special one.
 */
bool probe_address_of(const struct probe_run *run, const char *host,
		      int64_t deadline, struct addr *ret, struct err *err);
/* The name to show a server: the host's, or NULL for an address. */
const char *probe_sni(const struct probe_run *run);

#endif
