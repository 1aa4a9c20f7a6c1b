-- result_insert(org text, id text, scan_id text, target text, ip text, is_alive boolean, open_ports text, http_info text, tls_info text, dns_info text, legal_info text, resilience_info text, whois_info text, services_info text, secrets_found text, errors text, score bigint?, checks text?, now bigint) -> changes
-- An address that is stored already (a scan that was taken up again) stays.
INSERT INTO scan_result (org_id, id, scan_id, target, ip, is_alive, open_ports, http_info, tls_info, dns_info, legal_info,
	resilience_info, whois_info, services_info, secrets_found, errors, score, checks, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
ON CONFLICT (scan_id, target, ip) DO NOTHING;

-- result_page(org text, scan_id text, limit bigint, offset bigint) -> many scan_result
SELECT id, scan_id, target, ip, is_alive, open_ports, http_info, tls_info, dns_info, legal_info, resilience_info, whois_info, services_info, secrets_found, errors, created_at
FROM scan_result WHERE org_id = $1 AND scan_id = $2 ORDER BY created_at, id LIMIT $3 OFFSET $4;

-- result_total(org text, scan_id text) -> value
SELECT count(*) FROM scan_result WHERE org_id = $1 AND scan_id = $2;

-- result_addresses(org text, scan_id text) -> many address_row
-- What is done already; a scan has at most 65,536 addresses.
SELECT target, ip, 0 AS crashes FROM scan_result WHERE org_id = $1 AND scan_id = $2 LIMIT 70000;

-- result_hosts(org text, scan_id text) -> many host_row
SELECT is_alive, score, checks FROM scan_result WHERE org_id = $1 AND scan_id = $2 LIMIT 70000;

-- crash_add(org text, scan_id text, target text, ip text) -> value
INSERT INTO scan_crash (org_id, scan_id, target, ip, crashes) VALUES ($1, $2, $3, $4, 1)
ON CONFLICT (scan_id, target, ip) DO UPDATE SET crashes = scan_crash.crashes + 1
RETURNING crashes;

-- crash_list(org text, scan_id text) -> many address_row
SELECT target, ip, crashes FROM scan_crash WHERE org_id = $1 AND scan_id = $2 LIMIT 70000;
