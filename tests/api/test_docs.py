"""/docs and /redoc in a browser: they show the contract and break no policy."""
import shutil
import subprocess

import pytest

import contract

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--enable-logging=stderr', '--virtual-time-budget=20000', '--dump-dom']


def browse(url, folder):
    """What a browser makes of a page: (document, console lines)."""
    assert CHROMIUM, 'chromium is needed: see tools/setup.sh'
    done = subprocess.run([CHROMIUM, *FLAGS, f'--user-data-dir={folder}', url],
                          capture_output=True, text=True, timeout=120, check=False)
    return done.stdout, [line for line in done.stderr.splitlines()
                         if ':CONSOLE' in line and 'source: chrome://' not in line]


@pytest.mark.parametrize('page', ['/docs', '/redoc'])
def test_a_page_shows_every_operation_under_its_policy(server, tmp_path, page):
    document, console = browse(server.url + page, tmp_path)
    assert not console, console
    for op in contract.OPERATIONS:
        assert op.facts['summary'] in document, op
    log = server.log()
    assert 'path=/openapi.json' in log or '"path":"/openapi.json"' in log


@pytest.mark.parametrize('page', ['/docs', '/redoc'])
def test_a_page_has_a_strict_policy(client, page):
    reply = client.request('GET', page, checked=False)
    policy = reply.headers['Content-Security-Policy']
    assert reply.status_code == 200 and "default-src 'none'" in policy
    assert 'unsafe' not in policy and 'http' not in policy and '*' not in policy
    assert "frame-ancestors 'none'" in policy
    for name, value in contract.SECURITY_HEADERS.items():
        assert name == 'Content-Security-Policy' or reply.headers[name] == value


def test_pages_load_nothing_from_outside(client):
    for page in ('/docs', '/redoc'):
        text = client.request('GET', page, checked=False).text
        assert 'src="http' not in text and 'href="http' not in text and '<style' not in text
