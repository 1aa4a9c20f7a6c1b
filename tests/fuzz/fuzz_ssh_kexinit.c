/* The first packets of an SSH server, and all that is made of them. */
#include "scan/probes/ssh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };
	struct sb out = sb_new(&a, 256);
	struct ssh_host_key key = { 0 };
	struct ssh_offer offer = { 0 };
	const char *protocol, *software;
	struct span payload = { 0 };
	size_t len;

	ssh_parse_ident(span_of(data, size), &a, &protocol, &software);
	ssh_parse_reply(span_of(data, size), &a, &key);
	if (!ssh_packet(span_of(data, size), &len, &payload) || !payload.p ||
	    !ssh_parse_kexinit(payload, &a, &offer))
		return 0;
	ssh_begin_exchange(&offer, "ssh-rsa", &out);
	ssh_facts(&offer, &key, 22, &facts);
	return 0;
}
