"""Rows that only a worker would write, put there directly."""
import hashlib
import time
import uuid

RANKS = {'CRITICAL': 0, 'HIGH': 1, 'MEDIUM': 2, 'LOW': 3, 'INFO': 4}


def new_id():
    return str(uuid.uuid4())


def now():
    return time.time_ns() // 1000


def scan(account, **columns):
    """A scan of the account's organisation; completed unless said otherwise."""
    row = {'id': new_id(), 'org_id': account.org, 'created_by': account.user['id'],
           'name': 'A scan', 'status': 'completed', 'scan_type': 'full',
           'config_snapshot': '{"name":"A scan"}', 'total_score': 75,
           'started_at': now() - 9_000_000, 'completed_at': now(), 'duration_seconds': 9,
           'compliance_matrix': '{}', 'created_at': now(), 'updated_at': now(), **columns}
    account.server.insert('scan', **row)
    return row['id']


def results(account, scan_id, count):
    rows = [{'id': new_id(), 'org_id': account.org, 'scan_id': scan_id,
             'target': '127.0.0.0/24', 'ip': f'127.0.0.{n + 1}', 'is_alive': n % 2 == 0,
             'open_ports': '[22,443]' if n % 2 == 0 else '[]', 'http_info': '{}',
             'tls_info': '{"443":{"version":"TLSv1.3"}}', 'dns_info': '{}',
             'errors': '[]', 'created_at': now() + n} for n in range(count)]
    account.server.insert_many('scan_result', rows)
    return rows


def findings(account, scan_id, *wanted):
    """One finding per dictionary of columns; later ones are newer."""
    rows = []
    for n, columns in enumerate(wanted):
        at = now() + n
        severity = columns.get('severity', 'HIGH')
        row = {'id': new_id(), 'org_id': account.org, 'scan_id': scan_id,
               'check_id': 'tls_old_version', 'severity': severity,
               'severity_rank': RANKS[severity], 'category': 'CRYPTOGRAPHY',
               'message': 'Obsolete TLS version accepted',
               'target': f'www.example.com:{n}', 'evidence': '{}', 'status': 'open',
               'first_seen_at': at, 'last_seen_at': at, 'occurrences': 1,
               'created_at': at, 'updated_at': at, **columns}
        row['fingerprint'] = hashlib.sha256(
            f'{row["category"]}:{row["message"]}:{row["target"]}{row["id"]}'.encode()).hexdigest()
        rows.append(row)
    insert_findings(account, scan_id, rows)
    return rows


def insert_findings(account, scan_id, rows):
    server = account.server
    server.insert_many('finding', rows)
    server.insert_many('finding_seen', [
        {'org_id': account.org, 'scan_id': scan_id, 'finding_id': row['id'],
         'severity_rank': row['severity_rank'], 'evidence': '{}', 'created_at': now()}
        for row in rows])
    # The counters that the statements of the server keep.
    server.sql('DELETE FROM finding_count WHERE org_id = ?', account.org)
    server.sql('INSERT INTO finding_count (org_id, severity, status, category, n) '
               'SELECT org_id, severity, status, category, count(*) FROM finding '
               'WHERE org_id = ? GROUP BY org_id, severity, status, category', account.org)
