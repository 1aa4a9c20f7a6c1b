#include "scan/probes/ssh.h"

#include <string.h>

#include "net/conn.h"
#include "scan/probe.h"
#include "scan/probes/banner.h"

enum { LINES_MAX = 20 };

static const char ident[] = "SSH-2.0-nis2_scanner\r\n";

/* Lines may stand before the identification: RFC 4253, 4.2. */
static bool read_ident(struct conn *conn, struct probe_run *run,
		       struct err *err)
{
	const char *line, *protocol, *software;

	for (int i = 0; i < LINES_MAX; i++) {
		if (!conn_read_line(conn, run->arena, 1024, &line, err))
			return false;
		if (!ssh_parse_ident(span_str(line), run->arena, &protocol,
				     &software))
			continue;
		fact_text(run->facts, "ssh.protocol", run->port, protocol);
		fact_text(run->facts, "ssh.software", run->port,
			  banner_line(span_str(software), run->arena));
		/* 1.99 speaks both (RFC 4253, 5.1). */
		fact_bool(run->facts, "ssh.protocol_1", run->port,
			  strcmp(protocol, "2.0") != 0);
		return true;
	}
	return err_set(err, ERR_UPSTREAM, "it does not say its version");
}

static bool read_packet(struct conn *conn, struct arena *a, struct span *ret,
			struct err *err)
{
	struct sb in = sb_new(a, 2048);
	size_t want = 5, length = 0;

	for (;;) {
		if (!conn_read_all(conn, sb_room(&in, want - in.len),
				   want - in.len, err))
			return false;
		in.len = want;
		if (!ssh_packet(span_of(in.s, in.len), &length, ret) || !length)
			return err_set(err, ERR_UPSTREAM, "not an SSH packet");
		if (in.len == length)
			return true;
		want = length;
	}
}

/* RSA signs under three names; which hash it uses does not matter here. */
static const char *rsa_name(const struct ssh_offer *offer)
{
	const struct str_list *names = &offer->lists[SSH_HOST_KEY];

	for (size_t i = 0; i < names->len; i++)
		if (!strcmp(names->items[i], "ssh-rsa") ||
		    !strcmp(names->items[i], "rsa-sha2-256") ||
		    !strcmp(names->items[i], "rsa-sha2-512"))
			return names->items[i];
	return NULL;
}

/* How large its RSA key is; what does not answer leaves `ret` as it is. */
static void ask_rsa_key(struct conn *conn, struct probe_run *run,
			const struct ssh_offer *offer, struct ssh_host_key *ret)
{
	struct sb out = sb_new(run->arena, 1024);
	const char *name = rsa_name(offer);
	struct span payload;

	if (name && ssh_begin_exchange(offer, name, &out) &&
	    conn_write_all(conn, out.s, out.len, NULL) &&
	    read_packet(conn, run->arena, &payload, NULL))
		ssh_parse_reply(payload, run->arena, ret);
}

static bool run_ssh(struct probe_run *run, struct err *err)
{
	_cleanup_conn_ struct conn *conn = NULL;
	struct ssh_host_key key = { 0 };
	struct ssh_offer offer = { 0 };
	struct span payload;

	if (!probe_is_service(run, "ssh"))
		return true;
	if (!conn_open(&run->host->addr, run->port, run->deadline, &conn, NULL,
		       err) ||
	    !conn_write_all(conn, ident, sizeof(ident) - 1, err) ||
	    !read_ident(conn, run, err) ||
	    !read_packet(conn, run->arena, &payload, err))
		return err_wrap(err, "SSH on port %d", run->port);
	if (!ssh_parse_kexinit(payload, run->arena, &offer))
		return err_set(err, ERR_UPSTREAM,
			       "SSH on port %d: no list of algorithms",
			       run->port);
	ask_rsa_key(conn, run, &offer, &key);
	ssh_facts(&offer, &key, run->port, run->facts);
	return true;
}

const struct probe probe_ssh = {
	.name = "ssh",
	.about = "Algorithms that an SSH server offers, and its RSA key",
	.feature = PROBE_PORTS,
	.any_port = true,
	.deadline_ms = 5000,
	.facts =
		(const struct fact_def[]){
			{ "ssh.protocol", FACT_TEXT, "Protocol version" },
			{ "ssh.software", FACT_TEXT, "Software, as it says" },
			{ "ssh.protocol_1", FACT_BOOL,
			  "It speaks SSH 1, alone or besides SSH 2" },
			{ "ssh.kex", FACT_LIST, "Key exchange methods" },
			{ "ssh.host_keys", FACT_LIST,
			  "Algorithms of host keys" },
			{ "ssh.ciphers", FACT_LIST, "Ciphers" },
			{ "ssh.macs", FACT_LIST,
			  "Message authentication codes" },
			{ "ssh.compression", FACT_LIST, "Compression" },
			{ "ssh.weak_kex", FACT_LIST,
			  "Key exchange with SHA-1 or a group of 1024 bits" },
			{ "ssh.weak_host_keys", FACT_LIST,
			  "Host keys of DSA, or RSA signing with SHA-1" },
			{ "ssh.weak_ciphers", FACT_LIST,
			  "Ciphers in CBC mode, RC4, DES, or none" },
			{ "ssh.weak_macs", FACT_LIST,
			  "MACs of MD5 or RIPEMD, cut to 96 bits, or none" },
			{ "ssh.terrapin", FACT_BOOL,
			  "Open to prefix truncation, CVE-2023-48795" },
			{ "ssh.post_quantum", FACT_BOOL,
			  "A key exchange that resists quantum computers" },
			{ "ssh.rsa_bits", FACT_INT, "Size of its RSA key" },
			{ 0 } },
	.run = run_ssh,
};
