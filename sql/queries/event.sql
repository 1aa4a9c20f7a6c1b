-- event_insert(org text, id text, kind text, subject_type text, subject_id text, scan_id text?, now bigint) -> none
INSERT INTO event (org_id, id, kind, subject_type, subject_id, scan_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- event_page(org text, kind text?, limit bigint, offset bigint) -> page event
SELECT (SELECT count(*) FROM event WHERE org_id = $1 /*@if kind*/ AND kind = $2 /*@end*/) AS total, id, kind, subject_type, subject_id, scan_id, created_at FROM event
WHERE org_id = $1 /*@if kind*/ AND kind = $2 /*@end*/
ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4;

-- event_total(org text, kind text?) -> value
SELECT count(*) FROM event WHERE org_id = $1 /*@if kind*/ AND kind = $2 /*@end*/;

-- event_purge(before bigint) -> changes all-orgs
DELETE FROM event WHERE created_at < $1;
