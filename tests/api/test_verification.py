"""Proof that an asset is the organisation's: a record or a file, looked for on loopback."""
import os
import socketserver
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import people
from client import check_roles, issues

PATH = '/.well-known/nis2-verification.txt'
HAS_NET = os.getuid() == 0


def add(client, kind, value, expect=201):
    return client.post('/assets', expect=expect, json={
        'name': f'The {value}', 'target_type': kind, 'target_value': value}).json()


def require(account, yes=True):
    account.bearer().patch(f'/organizations/{account.org}', expect=200,
                           json={'settings': {'require_verified_assets': yes}})


def how(client, asset):
    return client.get(f'/assets/{asset["id"]}/verification', expect=200).json()


def verify(client, asset, expect=200):
    return client.post(f'/assets/{asset["id"]}/verify', expect=expect).json()


# ---- what answers ----

class NameServer:
    """TXT records over UDP; everything else does not exist (RFC 1035)."""

    def __init__(self):
        self.records, self.asked = {}, []
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                data, sock = self.request
                sock.sendto(outer.answer(data), self.client_address)

        self.server = socketserver.ThreadingUDPServer(('127.0.0.1', 0), Handler)
        self.address = f'127.0.0.1@{self.server.server_address[1]}'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, data):
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1:at + 1 + data[at]].decode())
            at += data[at] + 1
        question, name = data[12:at + 5], '.'.join(labels).lower()
        kind, = struct.unpack('!H', data[at + 1:at + 3])
        texts = self.records.get(name, []) if kind == 16 else []
        self.asked.append(name)
        out = data[:2] + struct.pack('!HHHHH', 0x8580 | (0 if name in self.records else 3),
                                     1, len(texts), 0, 0) + question
        for text in texts:
            parts = [text[i:i + 40].encode() for i in range(0, len(text), 40)]
            rdata = b''.join(bytes([len(part)]) + part for part in parts)
            out += b'\xc0\x0c' + struct.pack('!HHIH', 16, 1, 60, len(rdata)) + rdata
        return out

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope='module')
def names():
    one = NameServer()
    yield one
    one.close()


@pytest.fixture(scope='module')
def here(tmp_path_factory, names):
    """A server that asks that name server."""
    from server import Server
    with Server(tmp_path_factory.mktemp('here'), RESOLVER=names.address) as one:
        yield one


@pytest.fixture
def owner(here):
    return here.register()


@pytest.fixture
def client(owner):
    return owner.bearer()


class Site:
    """Port 80 of one loopback address: paths, and what they say."""

    def __init__(self, address):
        self.files, self.agents = {}, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status, body = outer.files.get(self.path, (404, b'no'))
                outer.agents.append(self.headers['User-Agent'])
                self.send_response(status)
                if status == 302:
                    self.send_header('Location', '/elsewhere')
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer((address, 80), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site():
    try:
        one = Site('127.0.0.1')
    except OSError as error:
        pytest.skip(f'port 80: {error}')
    yield one
    one.close()


# ---- how ----

@pytest.mark.parametrize('kind, value, name, url', [
    ('domain', 'www.example.com', 'www.example.com', 'https://www.example.com'),
    ('ip', '127.0.0.1', '1.0.0.127.in-addr.arpa', 'https://127.0.0.1'),
    ('ip', '2001:4860:4860::8888',
     '8.8.8.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.8.4.0.6.8.4.1.0.0.2.ip6.arpa',
     'https://[2001:4860:4860::8888]'),
    ('cidr', '127.1.0.0/16', '1.127.in-addr.arpa', None),
    ('cidr', '127.0.0.64/26', '0.0.127.in-addr.arpa', None),
])
def test_the_instructions_name_record_and_file(client, kind, value, name, url):
    asset = add(client, kind, value)
    got = how(client, asset)
    assert got['dns_name'] == f'_nis2-verification.{name}'
    assert got['dns_value'] == f'nis2-verification={got["token"]}'
    assert got['file_url'] == (url + PATH if url else None)
    assert got['file_content'] == (got['dns_value'] if url else None)
    assert (got['asset_id'], got['verified_at'], got['verified_by'], got['required']) == (
        asset['id'], None, None, False)
    assert asset['verified_at'] is None


def test_a_token_is_of_one_asset_and_one_target(here, client):
    one, two = add(client, 'ip', '127.0.0.1'), add(client, 'ip', '127.0.0.2')
    foreign = here.register().bearer()
    theirs = add(foreign, 'ip', '127.0.0.1')
    token = how(client, one)['token']
    assert len({token, how(client, two)['token'], how(foreign, theirs)['token']}) == 3
    assert how(client, one)['token'] == token
    client.patch(f'/assets/{one["id"]}', expect=200, json={'target_value': '127.0.0.3'})
    assert how(client, one)['token'] != token


# ---- proof ----

def test_a_record_is_proof(here, owner, client, names):
    asset = add(client, 'domain', 'www.example.com')
    told = how(client, asset)
    names.records[told['dns_name']] = ['v=spf1 -all', told['dns_value']]
    got = verify(client, asset)
    assert got['verified_by'] == 'dns' and got['verified_at']
    assert client.get(f'/assets/{asset["id"]}').json()['verified_at'] == got['verified_at']
    row, = people.audit(here, owner.org, 'asset.verified')
    assert (row['id'], row['details']) == (asset['id'], {'verified_by': 'dns'})


def test_the_reverse_zone_proves_a_network(client, names):
    asset = add(client, 'cidr', '127.9.0.0/16')
    told = how(client, asset)
    names.records[told['dns_name']] = [told['dns_value']]
    assert verify(client, asset)['verified_by'] == 'dns'


@pytest.mark.skipif(not HAS_NET, reason='port 80 is for root')
@pytest.mark.parametrize('kind, value', [('ip', '127.0.0.1'), ('domain', 'here.example.com')])
def test_a_file_is_proof(client, site, kind, value):
    asset = add(client, kind, value)
    told = how(client, asset)
    site.files[PATH] = (200, (told['file_content'] + '\r\nmore\n').encode())
    assert verify(client, asset)['verified_by'] == 'file'
    assert site.agents[-1].startswith('nis2/')


@pytest.mark.skipif(not HAS_NET, reason='port 80 is for root')
@pytest.mark.parametrize('status, body', [
    (404, None), (302, None), (200, b''), (200, b'nis2-verification='),
    (200, b'<html>\n%s'), (200, b'x%s'), (500, None)])
def test_other_files_are_none(client, site, status, body):
    asset = add(client, 'ip', '127.0.0.1')
    told = how(client, asset)
    text = told['file_content'].encode()
    site.files['/elsewhere'] = (200, text)
    site.files[PATH] = (status, text if body is None else body.replace(b'%s', text))
    detail = verify(client, asset, 400)['detail']
    assert detail.startswith('No proof was found.') and told['token'] not in detail
    assert how(client, asset)['verified_at'] is None


def test_the_token_of_another_is_none(here, client, names):
    foreign = here.register().bearer()
    theirs = add(foreign, 'domain', 'shop.example.com')
    mine = add(client, 'domain', 'shop.example.com')
    told = how(foreign, theirs)
    names.records[told['dns_name']] = [told['dns_value']]
    verify(client, mine, 400)
    verify(foreign, theirs)


def test_private_machines_are_not_asked(start, names):
    """A proof must not be a way to make the server fetch from inside."""
    server = start(RESOLVER=names.address, SCAN_ALLOW_NETWORKS='10.0.0.0/8,127.0.0.0/8')
    client = server.register().bearer()
    asset = add(client, 'ip', '127.0.0.1')
    server.sql("UPDATE asset SET target_value = '169.254.169.254' WHERE id = ?", asset['id'])
    assert 'may not be contacted' in verify(client, asset, 400)['detail']


def test_proof_is_lost_with_the_target_and_not_with_the_name(client, names):
    asset = add(client, 'domain', 'www.example.com')
    told = how(client, asset)
    names.records[told['dns_name']] = [told['dns_value']]
    verify(client, asset)
    path = f'/assets/{asset["id"]}'
    renamed = client.patch(path, expect=200, json={'name': 'Other',
                                                   'target_value': 'WWW.example.com.'}).json()
    assert renamed['verified_at']
    moved = client.patch(path, expect=200, json={'target_value': 'shop.example.com'}).json()
    assert moved['verified_at'] is None
    back = client.patch(path, expect=200, json={'target_value': 'www.example.com'}).json()
    assert back['verified_at'] is None


# ---- what it is for ----

def test_w32_an_organisation_may_want_proof(here, owner, client, names):
    """W32: nobody had to show that a target is theirs."""
    proven, other = add(client, 'domain', 'www.example.com'), add(client, 'ip', '127.0.0.1')
    told = how(client, proven)
    names.records[told['dns_name']] = [told['dns_value']]
    verify(client, proven)
    require(owner)
    assert how(client, other)['required'] is True
    both = {'name': 'x', 'asset_ids': [proven['id'], other['id']]}
    detail = client.post('/scans', json=both, expect=409).json()['detail']
    assert "Asset 'The 127.0.0.1' has no proof of ownership" in detail
    client.post('/scans', json={'name': 'x', 'asset_ids': [proven['id']]}, expect=201)
    made = client.post('/schedules', expect=201, json={
        'name': 'x', 'cron_expression': '0 6 * * 1', 'asset_ids': [other['id']]}).json()
    client.post(f'/schedules/{made["id"]}/run', expect=409)
    require(owner, False)
    client.post('/scans', json=both, expect=201)


@pytest.mark.parametrize('word', ['yes', 1, None, []])
def test_the_setting_is_yes_or_no(owner, client, word):
    reply = client.patch(f'/organizations/{owner.org}', expect=422,
                         json={'settings': {'require_verified_assets': word}})
    assert 'body.settings.require_verified_assets' in issues(reply)


def test_roles(team, names):
    asset = add(team['admin'], 'ip', '127.0.0.44')
    path = f'/assets/{asset["id"]}'
    check_roles(team, [
        ('GET', f'{path}/verification', None, {'viewer', 'auditor', 'admin'}, 200, ''),
        ('POST', '/assets/018f3a60-55aa-7c1d-b5b0-6a1c2f3e4d03/verify', None,
         {'auditor', 'admin'}, 404, 'admin, auditor')])
