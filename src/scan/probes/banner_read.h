/*
 * banner_read: the recognisers behind the table of banner_table.c, one a
 * protocol. Each is pure: it reads the answer so far to the question of its
 * row and says whether that is the protocol. The comment at each definition
 * names the specification.
 */
#ifndef NIS2_SCAN_PROBES_BANNER_READ_H
#define NIS2_SCAN_PROBES_BANNER_READ_H

#include <stdint.h>

#include "scan/probes/banner.h"

#define BANNER_READ(name)                                                   \
	enum banner_result read_##name(struct span answer, struct arena *a, \
				       struct banner *ret)

/* banner_parse.c */
BANNER_READ(ftp);
BANNER_READ(ssh);
BANNER_READ(telnet);
BANNER_READ(dns);
BANNER_READ(smb);
BANNER_READ(mysql);
BANNER_READ(rdp);
BANNER_READ(postgresql);
BANNER_READ(postgresql_error);
BANNER_READ(redis);
BANNER_READ(mongodb);
BANNER_READ(http);

/* banner_text.c: protocols of lines */
BANNER_READ(smtp);
BANNER_READ(pop3);
BANNER_READ(imap);
BANNER_READ(vnc);
BANNER_READ(rsync);
BANNER_READ(nats);
BANNER_READ(irc);
BANNER_READ(sieve);
BANNER_READ(memcached);
BANNER_READ(zookeeper);
BANNER_READ(rtsp);
BANNER_READ(sip);
BANNER_READ(xmpp);
BANNER_READ(clamav);
BANNER_READ(jdwp);

/* banner_binary.c: protocols of numbers */
BANNER_READ(tls);
BANNER_READ(mssql);
BANNER_READ(oracle);
BANNER_READ(ldap);
BANNER_READ(portmap);
BANNER_READ(nfs);
BANNER_READ(mqtt);
BANNER_READ(amqp);
BANNER_READ(x11);
BANNER_READ(msrpc);
BANNER_READ(netbios);
BANNER_READ(pptp);
BANNER_READ(socks);
BANNER_READ(ajp);
BANNER_READ(rmi);
BANNER_READ(epmd);
BANNER_READ(cassandra);

/* banner_industry.c: controllers of machines and buildings */
BANNER_READ(modbus);
BANNER_READ(s7);
BANNER_READ(dnp3);
BANNER_READ(ethernet_ip);
BANNER_READ(iec104);
BANNER_READ(opcua);

/* How far `answer` agrees with `word`: all of it, so far, or not at all. */
enum banner_result banner_begins(struct span answer, const char *word);
/* The same with bytes that may be 0. */
enum banner_result banner_begins_with(struct span answer, const void *bytes,
				      size_t len);
/* Trimmed, cut at BANNER_VERSION_MAX, '?' for what cannot be shown. */
const char *banner_text(struct span s, struct arena *a);

static inline uint16_t little16(const char *p)
{
	return (uint16_t)((unsigned char)p[0] | (unsigned char)p[1] << 8);
}

static inline uint32_t little32(const char *p)
{
	return little16(p) | (uint32_t)little16(p + 2) << 16;
}

static inline uint16_t big16(const char *p)
{
	return (uint16_t)((unsigned char)p[0] << 8 | (unsigned char)p[1]);
}

static inline uint32_t big32(const char *p)
{
	return (uint32_t)big16(p) << 16 | big16(p + 2);
}

#endif
