-- audit_insert(id text, org text, user_id text?, api_key_id text?, action text, resource_type text, resource_id text?, details text?, ip_address text?, user_agent text?, now bigint) -> none
INSERT INTO audit_log (id, org_id, user_id, api_key_id, action, resource_type, resource_id, details, ip_address, user_agent, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);
