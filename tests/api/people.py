"""Who belongs where, put there directly; what the log and the jobs say."""
import json

from seed import new_id, now


def join(account, org, role='viewer', accepted=True, **columns):
    """A membership of the account in an organisation; its id."""
    row = {'id': new_id(), 'org_id': org, 'user_id': account.user['id'], 'role': role,
           'accepted_at': now() if accepted else None, 'created_at': now(),
           'updated_at': now(), **columns}
    account.server.insert('membership', **row)
    return row['id']


def invite(account, org, by=None, role='auditor', **columns):
    """An open invitation of somebody who has an account: (membership, invitation)."""
    inviter = by.user['id'] if by else None
    membership = join(account, org, role, accepted=False, invited_by=inviter)
    row = {'id': new_id(), 'org_id': org, 'membership_id': membership,
           'user_id': account.user['id'], 'email': account.email, 'role': role,
           'token_hash': new_id(), 'invited_by': inviter, 'status': 'pending',
           'created_at': now(), 'expires_at': now() + 3_600_000_000, **columns}
    account.server.insert('invitation', **row)
    return membership, row['id']


def organization(account, role='admin', name='Second'):
    """One more organisation of the account, where it has that role; its id."""
    org = new_id()
    account.server.insert('organization', id=org, name=name, slug=org,
                          created_at=now(), updated_at=now())
    join(account, org, role)
    return org


def audit(server, org, action):
    """Details of the rows of that action, oldest first."""
    rows = server.sql('SELECT user_id, resource_type, resource_id, details, ip_address FROM '
                      'audit_log WHERE org_id = ? AND action = ? ORDER BY created_at', org, action)
    return [{'user': user, 'type': kind, 'id': which, 'ip': ip,
             'details': json.loads(details) if details else None}
            for user, kind, which, details, ip in rows]


def notices(server, user):
    """What the person is told by mail."""
    rows = server.sql("SELECT args FROM job WHERE kind = 'notice_mail' ORDER BY created_at")
    told = [json.loads(args) for args, in rows]
    return [one['notice'] for one in told if one['user_id'] == user['id']]


def works(account, token, expect=200):
    return account.server.client(token=token).get('/auth/me', expect=expect)


def refresh(account, token, expect=200):
    return account.server.client().post('/auth/refresh', json={'refresh_token': token},
                                        expect=expect)


def sign_in(account):
    """Another sign-in of the same person: its tokens."""
    return account.server.client().post('/auth/login', expect=200, json={
        'email': account.email, 'password': account.password}).json()
