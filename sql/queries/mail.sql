-- Whom mail goes to. Jobs read these in nobody's name, and people belong to no
-- organisation: all-orgs.

-- mail_person(id text) -> maybe mail_person_row all-orgs
SELECT id, email, full_name, locale FROM app_user
WHERE id = $1 AND is_active = TRUE AND disabled_at IS NULL;

-- mail_person_by_email(email_key text) -> maybe mail_person_row all-orgs
SELECT id, email, full_name, locale FROM app_user
WHERE email_key = $1 AND is_active = TRUE AND disabled_at IS NULL;

-- invitation_mail(org text, id text, now bigint) -> maybe invitation_mail_row all-orgs
-- The invited and the inviter are other people: all-orgs. Who was disabled is
-- not written to.
SELECT u.email, u.full_name, u.locale, u.is_active, i.role, i.expires_at, o.name AS organization,
	b.full_name AS inviter, b.locale AS inviter_locale
FROM invitation i JOIN organization o ON o.id = i.org_id JOIN app_user u ON u.id = i.user_id
LEFT JOIN app_user b ON b.id = i.invited_by
WHERE i.org_id = $1 AND i.id = $2 AND i.status = 'pending' AND i.expires_at > $3 AND u.disabled_at IS NULL;

-- invitation_mail_token(org text, id text, token_hash text) -> changes
UPDATE invitation SET mail_token_hash = $3 WHERE org_id = $1 AND id = $2 AND status = 'pending';

-- invitation_sent(org text, id text, now bigint) -> changes
UPDATE invitation SET sent_at = $3 WHERE org_id = $1 AND id = $2;
