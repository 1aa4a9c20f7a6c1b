"""Assets from a CSV file: each row has its own fate, the file has one."""
import pytest

HEAD = 'name,target_type,target_value,tags\n'
MISSING = 'missing required fields'


def send(client, text, name='assets.csv', expect=201):
    data = text.encode() if isinstance(text, str) else text
    return client.post('/assets/import', files={'file': (name, data, 'text/csv')}, expect=expect)


@pytest.mark.parametrize('text, created, skipped, errors', [
    (HEAD, 0, 0, []),
    (HEAD + 'Web,domain,www.example.com,web; shop ;;\n', 1, 0, []),
    (HEAD + 'A,ip,8.8.8.8,\nB,cidr,8.8.4.0/24,\nC,domain,shop.example.com,\n', 3, 0, []),
    # the columns in any order, others ignored, tags left out
    ('note,target_value,name,target_type\nx,8.8.8.8,A,ip\n', 1, 0, []),
    # line ends, byte order mark, separator, quotes, blank lines
    (HEAD.replace('\n', '\r\n') + 'A,ip,8.8.8.8,\r\n', 1, 0, []),
    ('\ufeff' + HEAD + 'A,ip,8.8.8.8,\n', 1, 0, []),
    ('name;target_type;target_value\nA;ip;8.8.8.8\n', 1, 0, []),
    (HEAD + '"A, ""quoted""",ip,8.8.8.8,"x;y"\n', 1, 0, []),
    (HEAD + '\nA,ip,8.8.8.8,\n\n', 1, 0, []),
    (HEAD + 'A,ip,8.8.8.8,', 1, 0, []),
    # rows that are wrong
    (HEAD + ',ip,8.8.8.8,\nA,,8.8.8.8,\nA,ip,,\n', 0, 3,
     [f'Row 2: {MISSING}', f'Row 3: {MISSING}', f'Row 4: {MISSING}']),
    (HEAD + 'A,ip\n', 0, 1, [f'Row 2: {MISSING}']),
    (HEAD + 'A,host,8.8.8.8,\n', 0, 1, ["Row 2: invalid target_type 'host'"]),
    (HEAD + 'A,ip,8.8.8.8,\nB,ip,10.0.0.1,\n', 1, 1, ['Row 3: Private']),
    (HEAD + 'A,domain,localhost,\n', 0, 1, ['Row 2: Blocked hostname']),
    (HEAD + 'x' * 257 + ',ip,8.8.8.8,\n', 0, 1, ['Row 2: name']),
    (HEAD + 'A,ip,' + '8' * 513 + ',\n', 0, 1, ['Row 2: ']),
    ('Name,Target_Type,Target_Value\nA,ip,8.8.8.8\n', 0, 1, [f'Row 2: {MISSING}']),
    # what stands already, in the file or in the inventory, is passed over
    (HEAD + 'A,ip,8.8.8.8,\nB,ip, 8.8.8.8 ,\n', 1, 1, []),
    (HEAD + 'A,cidr,8.8.8.8/24,\nB,cidr,8.8.8.0/24,\n', 1, 1, []),
])
def test_rows(admin, text, created, skipped, errors):
    got = send(admin, text).json()
    assert (got['created'], got['skipped']) == (created, skipped), got
    assert len(got['errors']) == len(errors), got
    for told, begin in zip(got['errors'], errors):
        assert told.startswith(begin)
    assert admin.get('/assets').json()['total'] == created


def test_the_assets_are_complete(admin):
    send(admin, HEAD + ' Web shop ,domain,WWW.example.com,a; b ;;c\n')
    one, = admin.get('/assets').json()['items']
    assert (one['name'], one['target_value'], one['pinned_ip'], one['tags']) == \
        ('Web shop', 'www.example.com', '203.0.113.10', ['a', 'b', 'c'])


def test_what_is_in_the_inventory_is_passed_over(admin):
    text = HEAD + 'A,domain,www.example.com,\nB,ip,8.8.8.8,\n'
    send(admin, text)
    assert send(admin, text).json() == {'created': 0, 'skipped': 2, 'errors': []}


@pytest.mark.parametrize('name, data, status, detail', [
    ('assets.txt', HEAD, 400, 'File must be a CSV'),
    ('assets.CSV', HEAD, 400, 'File must be a CSV'),
    ('csv', HEAD, 400, 'File must be a CSV'),
    ('assets.csv', b'name,target_type\n\xff\xfe', 400, 'File must be UTF-8 encoded'),
    ('assets.csv', HEAD + 'x' * (5 * 1024 * 1024), 413,
     'CSV file too large. Maximum size: 5 MB'),
])
def test_files_that_are_refused(admin, name, data, status, detail):
    assert send(admin, data, name, status).json()['detail'] == detail


def test_a_file_as_large_as_may_be(admin):
    line = 'A,ip,8.8.8.8,\n'
    text = HEAD + line * 9000
    text += 'B,ip,8.8.4.4,' + 'y' * (5 * 1024 * 1024 - len(text) - 14) + '\n'
    got = send(admin, text).json()
    assert got['created'] >= 1 and got['created'] + got['skipped'] == 9001


def test_at_most_ten_thousand_rows(admin):
    rows = ''.join(f'A,ip,8.{n // 65536}.{n // 256 % 256}.{n % 256},\n' for n in range(10001))
    got = send(admin, HEAD + rows).json()
    assert got == {'created': 10000, 'skipped': 0,
                   'errors': ['Row limit exceeded: maximum 10000 rows allowed']}


@pytest.mark.parametrize('options', [
    {}, {'json': {}}, {'files': {'other': ('assets.csv', HEAD)}}, {'data': {'file': HEAD}},
    {'data': b'--x\r\nnonsense', 'headers': {'Content-Type': 'multipart/form-data; boundary=x'}},
    {'data': HEAD, 'headers': {'Content-Type': 'multipart/form-data'}},
    {'data': HEAD, 'headers': {'Content-Type': 'text/csv'}},
])
def test_requests_without_the_file(admin, options):
    admin.post('/assets/import', expect=422, **options)
    assert admin.get('/assets').json()['total'] == 0


def test_one_audit_row_for_the_file(server, account, admin):
    send(admin, HEAD + 'A,ip,8.8.8.8,\nB,ip,10.0.0.1,\n')
    rows = server.sql("SELECT resource_type, resource_id, details FROM audit_log "
                      "WHERE org_id = ? AND action = 'asset.imported'", account.org)
    assert rows == [('asset_import', None, '{"created":1,"skipped":1,"errors_count":1}')]
