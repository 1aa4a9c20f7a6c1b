/*
 * banner_table: the protocols that are known by what they say, their usual
 * ports, and the question that makes each of them speak. A question reads and
 * never writes.
 */
#include <string.h>

#include "scan/probes/banner_read.h"

/* Length 17; id; no flags, so not even recursion; one question: . SOA IN */
static const char ask_dns[] =
	"\x00\x11N2\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x06\x00\x01";
/* SMB2 NEGOTIATE with the dialects 2.0.2, 2.1, 3.0 and 3.0.2 */
static const char ask_smb[] =
	"\x00\x00\x00\x6c"
	"\xfeSMB\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x24\x00\x04\x00\x01\x00\x00\x00\x00\x00\x00\x00"
	"nis2-scanner-id!"
	"\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x02\x02\x10\x02\x00\x03\x02\x03";
/* Connection Request that offers TLS and NLA */
static const char ask_rdp[] =
	"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08"
	"\x00\x03\x00\x00\x00";
/* SSLRequest */
/* A version of the protocol that there is not: the answer is an error. */
static const char ask_postgresql_error[] = "\x00\x00\x00\x08'\x0f\x00\x00";
static const char ask_postgresql[] = "\x00\x00\x00\x08\x04\xd2\x16/";
static const char ask_redis[] = "PING\x0d\x0aINFO server\x0d\x0a";
/* OP_MSG {hello: 1, "$db": "admin"}, {listDatabases: 1, nameOnly: true, …} */
static const char ask_mongodb[] =
	"4\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00"
	"\x00\x00\x00\x00\x00\x00\x1f\x00\x00\x00\x10hello\x00\x01"
	"\x00\x00\x00\x02$db\x00\x06\x00\x00\x00"
	"admin\x00\x00G\x00"
	"\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00"
	"\x00\x00\x00\x00\x00"
	"2\x00\x00\x00\x10listDatabases\x00"
	"\x01\x00\x00\x00\x08nameOnly\x00\x01\x02$db\x00\x06\x00\x00"
	"\x00"
	"admin\x00\x00";
static const char ask_memcached[] = "version\x0d\x0a";
static const char ask_zookeeper[] = "srvr";
static const char ask_rtsp[] = "OPTIONS * RTSP/1.0\x0d\x0a"
			       "CSeq: 1\x0d\x0a\x0d\x0a";
static const char ask_sip[] =
	"OPTIONS sip:nis2.invalid SIP/2.0\x0d\x0aVia: SIP/2.0/TCP"
	" nis2.invalid;branch=z9hG4bKnis2\x0d\x0aMax-Forwards: 0\x0d"
	"\x0a"
	"From: <sip:nis2.invalid>;tag=nis2\x0d\x0aTo: <sip:"
	"nis2.invalid>\x0d\x0a"
	"Call-ID: nis2\x0d\x0a"
	"CSeq: 1 OP"
	"TIONS\x0d\x0a"
	"Content-Length: 0\x0d\x0a\x0d\x0a";
static const char ask_xmpp[] =
	"<stream:stream xmlns='jabber:client' xmlns:stream='http:"
	"//etherx.jabber.org/streams' to='nis2.invalid' version='"
	"1.0'>";
static const char ask_clamav[] = "PING\x0a";
static const char ask_jdwp[] = "JDWP-Handshake";
/* PRELOGIN: version, encryption "not supported", instance, thread */
static const char ask_mssql[] =
	"\x12\x01\x00)\x00\x00\x01\x00\x00\x00\x15\x00\x06\x01\x00"
	"\x1b\x00\x01\x02\x00\x1c\x00\x01\x03\x00\x1d\x00\x04\xff"
	"\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00";
/* TNS CONNECT that pings the listener */
static const char ask_oracle[] =
	"\x00W\x00\x00\x01\x00\x00\x00\x01"
	"8\x01,\x00\x00\x08\x00"
	"\x7f\xff\x7f\x08\x00\x00\x00\x01\x00\x1d\x00:\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00(CON"
	"NECT_DATA=(COMMAND=ping))";
/* Search of the root entry for its naming contexts, message 7 */
static const char ask_ldap[] =
	"05\x02\x01\x07"
	"c0\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01"
	"\x00\x02\x01\x05\x01\x01\x00\x87\x0bobjectClass0\x10\x04"
	"\x0enamingContexts";
/* The NULL procedure of program 100000 */
static const char ask_portmap[] =
	"\x80\x00\x00(NIS1\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01"
	"\x86\xa0\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";
/* The NULL procedure of program 100003 */
static const char ask_nfs[] =
	"\x80\x00\x00(NIS2\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01"
	"\x86\xa3\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";
/* CONNECT without a name, a clean session */
static const char ask_mqtt[] = "\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00";
static const char ask_amqp[] = "AMQP\x00\x00\x09\x01";
/* Protocol 11.0, no authorisation */
static const char ask_x11[] = "l\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00";
/* Bind to the endpoint mapper, call 1 */
static const char ask_msrpc[] =
	"\x05\x00\x0b\x03\x10\x00\x00\x00H\x00\x00\x00\x01\x00\x00"
	"\x00\xb8\x10\xb8\x10\x00\x00\x00\x00\x01\x00\x00\x00\x00"
	"\x00\x01\x00\x08\x83\xaf\xe1\x1f]\xc9\x11\x91\xa4\x08\x00"
	"+\x14\xa0\xfa\x03\x00\x00\x00\x04]\x88\x8a\xeb\x1c\xc9\x11"
	"\x9f\xe8\x08\x00+\x10H`\x02\x00\x00\x00";
/* Session request from NIS2 to *SMBSERVER */
static const char ask_netbios[] = "\x81\x00\x00"
				  "D CKFDENECFDEFFCFGEFFCCACACACACACA\x00 EOE"
				  "JFDDCCACACACACACACACACACACACA\x00";
/* One method: none */
static const char ask_socks[] = "\x05\x01\x00";
/* CPing */
static const char ask_ajp[] = "\x12"
			      "4\x00\x01\x0a";
static const char ask_rmi[] = "JRMI\x00\x02K";
static const char ask_epmd[] = "\x00\x01n";
/* OPTIONS */
static const char ask_cassandra[] = "\x03\x00\x00\x07\x05\x00\x00\x00\x00";
/* Read Device Identification, basic */
static const char ask_modbus[] = "NI\x00\x00\x00\x05\x01+\x0e\x01\x00";
/* COTP connection request */
static const char ask_s7[] =
	"\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc0\x01\x0a"
	"\xc1\x02\x01\x00\xc2\x02\x01\x02";
/* Request link status, of outstation 1 */
static const char ask_dnp3[] = "\x05"
			       "d\x05\xc9\x01\x00\x03\x00u>";
/* ListIdentity */
static const char ask_ethernet_ip[] =
	"c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00nis2scan\x00"
	"\x00\x00\x00";
/* TESTFR act */
static const char ask_iec104[] = "h\x04"
				 "C\x00\x00\x00";
/* Hello */
static const char ask_opcua[] =
	"HELF6\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"
	"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x16\x00\x00\x00"
	"opc.tcp://nis2.invalid";
/* Start-Control-Connection-Request; its names are left empty. */
static const char ask_pptp[157] =
	"\x00\x9c\x00\x01\x1a\x2b\x3c\x4d\x00\x01\x00\x00\x01\x00\x00\x00"
	"\x00\x00\x00\x01\x00\x00\x00\x01";

#define ASK(name) .ask = ask_##name, .ask_len = sizeof(ask_##name) - 1
#define ON(...)                \
	.ports = (const int[]) \
	{                      \
		__VA_ARGS__, 0 \
	}

/*
 * Those that speak first stand before the others, and among them the more
 * certain one first: service_sounds_like() takes the first that agrees.
 */
static const struct service services[] = {
	{ "ssh", SERVICE_PUBLIC, ON(22, 2222), .read = read_ssh },
	{ "smtp", SERVICE_PUBLIC, ON(25, 587), .read = read_smtp },
	{ "ftp", SERVICE_PUBLIC, ON(21), .read = read_ftp },
	{ "pop3", SERVICE_PUBLIC, ON(110), .read = read_pop3 },
	{ "imap", SERVICE_PUBLIC, ON(143), .read = read_imap },
	{ "vnc", SERVICE_ADMIN, ON(5900, 5901), .read = read_vnc },
	{ "rsync", SERVICE_FILES, ON(873), .read = read_rsync },
	{ "sieve", SERVICE_PUBLIC, ON(4190), .read = read_sieve },
	{ "nats", SERVICE_CLUSTER, ON(4222), .read = read_nats },
	{ "mysql", SERVICE_DATABASE, ON(3306), .read = read_mysql },
	{ "irc", SERVICE_PUBLIC, ON(6667), .read = read_irc },
	{ "telnet", SERVICE_ADMIN, ON(23), .read = read_telnet },
	{ "dns", SERVICE_PUBLIC, ON(53), ASK(dns), .read = read_dns },
	{ "portmap", SERVICE_CLUSTER, ON(111), ASK(portmap),
	  .read = read_portmap },
	{ "msrpc", SERVICE_CLUSTER, ON(135), ASK(msrpc), .read = read_msrpc },
	{ "netbios", SERVICE_FILES, ON(139), ASK(netbios),
	  .read = read_netbios },
	{ "ldap", SERVICE_CLUSTER, ON(389), ASK(ldap), .read = read_ldap,
	  .common = true },
	{ "smb", SERVICE_FILES, ON(445), ASK(smb), .read = read_smb,
	  .common = true },
	{ "modbus", SERVICE_INDUSTRIAL, ON(502), ASK(modbus),
	  .read = read_modbus },
	{ "s7", SERVICE_INDUSTRIAL, ON(102), ASK(s7), .read = read_s7 },
	{ "rtsp", SERVICE_PUBLIC, ON(554), ASK(rtsp), .read = read_rtsp },
	{ "socks", SERVICE_CLUSTER, ON(1080), ASK(socks), .read = read_socks },
	{ "rmi", SERVICE_CLUSTER, ON(1099), ASK(rmi), .read = read_rmi },
	{ "mssql", SERVICE_DATABASE, ON(1433), ASK(mssql), .read = read_mssql,
	  .common = true },
	{ "oracle", SERVICE_DATABASE, ON(1521), ASK(oracle),
	  .read = read_oracle },
	{ "pptp", SERVICE_PUBLIC, ON(1723), ASK(pptp), .read = read_pptp },
	{ "mqtt", SERVICE_CLUSTER, ON(1883), ASK(mqtt), .read = read_mqtt,
	  .common = true },
	{ "nfs", SERVICE_FILES, ON(2049), ASK(nfs), .read = read_nfs },
	{ "zookeeper", SERVICE_CLUSTER, ON(2181), ASK(zookeeper),
	  .read = read_zookeeper, .common = true },
	{ "iec104", SERVICE_INDUSTRIAL, ON(2404), ASK(iec104),
	  .read = read_iec104 },
	{ "clamav", SERVICE_CLUSTER, ON(3310), ASK(clamav),
	  .read = read_clamav },
	{ "rdp", SERVICE_ADMIN, ON(3389), ASK(rdp), .read = read_rdp,
	  .common = true },
	{ "epmd", SERVICE_CLUSTER, ON(4369), ASK(epmd), .read = read_epmd },
	{ "opcua", SERVICE_INDUSTRIAL, ON(4840), ASK(opcua),
	  .read = read_opcua },
	{ "jdwp", SERVICE_ADMIN, ON(5005), ASK(jdwp), .read = read_jdwp },
	{ "sip", SERVICE_PUBLIC, ON(5060), ASK(sip), .read = read_sip },
	{ "xmpp", SERVICE_PUBLIC, ON(5222), ASK(xmpp), .read = read_xmpp },
	{ "postgresql", SERVICE_DATABASE, ON(5432), ASK(postgresql),
	  .read = read_postgresql },
	/* On a port that stands for something else one byte proves nothing. */
	{ "postgresql", SERVICE_DATABASE, ON(0), ASK(postgresql_error),
	  .read = read_postgresql_error, .common = true },
	{ "amqp", SERVICE_CLUSTER, ON(5672), ASK(amqp), .read = read_amqp,
	  .common = true },
	{ "x11", SERVICE_ADMIN, ON(6000), ASK(x11), .read = read_x11 },
	{ "redis", SERVICE_DATABASE, ON(6379), ASK(redis), .read = read_redis,
	  .common = true },
	{ "ajp", SERVICE_CLUSTER, ON(8009), ASK(ajp), .read = read_ajp },
	{ "cassandra", SERVICE_DATABASE, ON(9042), ASK(cassandra),
	  .read = read_cassandra },
	{ "memcached", SERVICE_DATABASE, ON(11211), ASK(memcached),
	  .read = read_memcached, .common = true },
	{ "dnp3", SERVICE_INDUSTRIAL, ON(20000), ASK(dnp3), .read = read_dnp3 },
	{ "mongodb", SERVICE_DATABASE, ON(27017, 27018), ASK(mongodb),
	  .read = read_mongodb, .common = true },
	{ "ethernet_ip", SERVICE_INDUSTRIAL, ON(44818), ASK(ethernet_ip),
	  .read = read_ethernet_ip },
};
enum { SERVICES = sizeof(services) / sizeof(services[0]) };

const struct service service_http = { "http", SERVICE_PUBLIC,
				      .ports = (const int[]){ 0 },
				      .read = read_http };
const struct service service_tls = { "tls", SERVICE_PUBLIC,
				     .ports = (const int[]){ 0 },
				     .read = read_tls };

static bool is_among(const int *ports, int port)
{
	while (*ports && *ports != port)
		ports++;
	return *ports != 0;
}

const struct service *service_on(int port)
{
	for (size_t i = 0; i < SERVICES; i++)
		if (is_among(services[i].ports, port))
			return &services[i];
	return NULL;
}

const struct service *service_named(const char *name)
{
	for (size_t i = 0; i < SERVICES; i++)
		if (!strcmp(services[i].name, name))
			return &services[i];
	return NULL;
}

const struct service *service_row(size_t n)
{
	if (n < SERVICES)
		return &services[n];
	return n == SERVICES	   ? &service_http
	       : n == SERVICES + 1 ? &service_tls
				   : NULL;
}

const struct service *service_sounds_like(struct span answer, struct arena *a,
					  struct banner *ret)
{
	const struct service *s;

	for (size_t i = 0; (s = service_row(i)) && span_len(answer); i++) {
		struct banner b = { 0 };
		enum banner_result r;

		if (s->ask)
			continue;
		r = s->read(answer, a, &b);
		if (r != BANNER_YES && !(r == BANNER_MORE && b.certain))
			continue;
		*ret = b;
		return s;
	}
	return NULL;
}

/* 9100 to 9102 are raw printers (JetDirect), 515 is LPD. */
bool service_must_not_ask(int port)
{
	static const int silent[] = { 515, 9100, 9101, 9102, 0 };

	return is_among(silent, port);
}

bool service_expects_tls(int port)
{
	static const int tls[] = { 443,	 465,  636,  853,  989,	 990,	992,
				   993,	 994,  995,  2376, 5061, 5223,	5671,
				   5986, 6443, 8443, 8883, 9443, 10250, 0 };

	return is_among(tls, port);
}
