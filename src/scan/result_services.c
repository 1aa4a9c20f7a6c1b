#include "scan/result_member.h"

/* Those of SSH, SMB and Remote Desktop stand beside; a port speaks one. */
const struct member result_service_members[] = {
	{ "name", "service.name", member_plain },
	{ "confirmed", "service.confirmed", member_plain },
	{ "version", "service.version", member_plain },
	{ "banner", "service.banner", member_plain },
	{ "tls", "service.tls", member_plain },
	{ "class", "service.class", member_plain },
	{ "no_auth", "service.no_auth", member_plain },
	{ "anonymous", "ftp.anonymous", member_plain },
	{ "ssh_protocol", "ssh.protocol", member_plain },
	{ "ssh_software", "ssh.software", member_plain },
	{ "ssh_kex", "ssh.kex", member_plain },
	{ "ssh_host_keys", "ssh.host_keys", member_plain },
	{ "ssh_ciphers", "ssh.ciphers", member_plain },
	{ "ssh_macs", "ssh.macs", member_plain },
	{ "ssh_compression", "ssh.compression", member_plain },
	{ "ssh_methods", "ssh.methods", member_plain },
	{ "ssh_rsa_bits", "ssh.rsa_bits", member_plain },
	{ "ssh_post_quantum", "ssh.post_quantum", member_plain },
	{ "smb_version_1", "smb.version_1", member_plain },
	{ "smb_dialects", "smb.dialects", member_plain },
	{ "smb_signing_required", "smb.signing_required", member_plain },
	{ "rdp_standard_security", "rdp.standard_security", member_plain },
	{ "rdp_tls", "rdp.tls", member_plain },
	{ "rdp_nla", "rdp.nla", member_plain },
	{ "rdp_nla_required", "rdp.nla_required", member_plain },
	{ 0 }
};
