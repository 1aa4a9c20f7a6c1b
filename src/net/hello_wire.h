/*
 * hello_wire: numbers of the TLS record and handshake protocols that building
 * and reading share. For hello*.c only.
 */
#ifndef NIS2_NET_HELLO_WIRE_H
#define NIS2_NET_HELLO_WIRE_H

enum { REC_ALERT = 21, REC_HANDSHAKE = 22 };
enum {
	HS_CLIENT_HELLO = 1,
	HS_SERVER_HELLO = 2,
	HS_CERTIFICATE = 11,
	HS_KEY_EXCHANGE = 12,
	HS_DONE = 14,
};
enum {
	EXT_SNI = 0,
	EXT_GROUPS = 10,
	EXT_POINT_FORMATS = 11,
	EXT_SIGALGS = 13,
	EXT_ALPN = 16,
	EXT_VERSIONS = 43,
	EXT_PSK_MODES = 45,
	EXT_SIGALGS_CERT = 50,
	EXT_KEY_SHARE = 51,
};
enum { GROUP_X25519 = 0x001d, SCSV_RENEGOTIATION = 0x00ff };

#endif
