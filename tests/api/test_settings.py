"""What production does not start with, and that `nis2 check` says the same."""
import os
import re
import socket
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from contract import SOURCE
from server import BINARY, free_port
from test_jwt import make_key, private_pem, public_pem

GOOD = 'kJ7/x2Qm9vR4+tYw8ZbN1cLf6HsDp3Ea'
PRODUCTION = {'ENVIRONMENT': 'production', 'CORS_ORIGINS': 'https://nis2.example.org',
              'PUBLIC_URL': 'https://nis2.example.org', 'JWT_SECRET': GOOD,
              'DATA_ENCRYPTION_KEY': 'a91f' + GOOD, 'SMTP_HOST': 'mail.example.org',
              'WITH_WORKER': 'off'}
KEY, OTHER = make_key(), make_key()
CURVE = ec.generate_private_key(ec.SECP256R1())

WEAK = [
    # The words of example files, the empty, the short, the guessable: W05.
    ({'JWT_SECRET': 'change-me'}, 'JWT_SECRET is a placeholder'),
    ({'JWT_SECRET': 'changeme'}, 'JWT_SECRET is a placeholder'),
    ({'JWT_SECRET': 'secret'}, 'JWT_SECRET is a placeholder'),
    ({'JWT_SECRET': 'GENERATE_ME_openssl_rand_base64_32'}, 'JWT_SECRET is a placeholder'),
    ({'JWT_SECRET': 'change-me-to-a-long-random-string-xx'}, 'JWT_SECRET is a placeholder'),
    ({'JWT_SECRET': GOOD[:31]}, 'JWT_SECRET is shorter than 32'),
    ({'JWT_SECRET': 'x' * 64}, 'JWT_SECRET is easy to guess'),
    ({'JWT_SECRET': 'kJ7/x2Qm9vR4' * 4}, 'JWT_SECRET is easy to guess'),
    ({'DATA_ENCRYPTION_KEY': 'changeme'}, 'DATA_ENCRYPTION_KEY is a placeholder'),
    ({'DATA_ENCRYPTION_KEY': GOOD[:20]}, 'DATA_ENCRYPTION_KEY is shorter than 32'),
    ({'CORS_ORIGINS': ''}, 'CORS_ORIGINS is not set'),
    ({'CORS_ORIGINS': '*'}, 'CORS_ORIGINS is *'),
    ({'CORS_ORIGINS': 'https://nis2.example.org, *'}, 'CORS_ORIGINS is *'),
    ({'CORS_ORIGINS': 'https://*.example.org'}, 'is not an origin'),
    ({'ENVIRONMENT': 'Production'}, "ENVIRONMENT is 'Production'"),
    ({'ENVIRONMENT': 'prod'}, "ENVIRONMENT is 'prod'"),
    ({'ENVIRONMENT': 'staging'}, "ENVIRONMENT is 'staging'"),
    ({'ENVIRONMENT': ''}, "ENVIRONMENT is ''"),
    ({'COOKIE_SECURE': 'off'}, 'COOKIE_SECURE is off'),
    ({'RATE_LIMITS': 'off'}, 'RATE_LIMITS is off'),
    ({'TRUSTED_PROXIES': '0.0.0.0/0'}, 'trusts everybody'),
    ({'PUBLIC_URL': 'http://nis2.example.org'}, 'PUBLIC_URL is http'),
    ({'PUBLIC_URL': 'http://localhost.example.org'}, 'PUBLIC_URL is http'),
    ({'PUBLIC_URL': 'nis2.example.org'}, 'is not an address'),
    # Tokens: W27.
    ({'JWT_ALGORITHM': 'RS256'}, 'JWT_PRIVATE_KEY is not set'),
    ({'JWT_PRIVATE_KEY': 'rubbish'}, 'JWT_PRIVATE_KEY cannot be read'),
    ({'JWT_PRIVATE_KEY': public_pem(KEY)}, 'JWT_PRIVATE_KEY cannot be read'),
    ({'JWT_PRIVATE_KEY': private_pem(CURVE)}, 'JWT_PRIVATE_KEY is not an RSA key'),
    ({'JWT_PRIVATE_KEY': KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b'word')).decode()},
     'JWT_PRIVATE_KEY cannot be read'),
    ({'JWT_PRIVATE_KEY': private_pem(KEY), 'JWT_PUBLIC_KEY': public_pem(OTHER)},
     'JWT_PUBLIC_KEY does not belong to JWT_PRIVATE_KEY'),
    ({'JWT_PRIVATE_KEY': private_pem(KEY), 'JWT_PREVIOUS_PUBLIC_KEYS': 'rubbish'},
     'JWT_PREVIOUS_PUBLIC_KEYS'),
    # Mail: W29.
    ({'SMTP_SSL': 'on', 'SMTP_STARTTLS': 'on'}, 'SMTP_SSL and SMTP_STARTTLS'),
    ({'SECURITY_CONTACT': 'security at example.org'}, 'SECURITY_CONTACT'),
]

WRONG = [  # Of the wrong type or out of range, and refused everywhere: W05.
    ({'ACCESS_TOKEN_EXPIRE_MINUTES': '0'}, 'ACCESS_TOKEN_EXPIRE_MINUTES'),
    ({'ACCESS_TOKEN_EXPIRE_MINUTES': '-30'}, 'ACCESS_TOKEN_EXPIRE_MINUTES'),
    ({'REFRESH_TOKEN_EXPIRE_DAYS': '-1'}, 'REFRESH_TOKEN_EXPIRE_DAYS'),
    ({'RESET_TOKEN_TTL_MINUTES': '0'}, 'RESET_TOKEN_TTL_MINUTES'),
    ({'RESET_TOKEN_TTL_MINUTES': 'soon'}, 'RESET_TOKEN_TTL_MINUTES'),
    ({'JWT_ALGORITHM': 'none'}, 'JWT_ALGORITHM'),
    ({'JWT_ALGORITHM': 'HS512'}, 'JWT_ALGORITHM'),
    ({'SMTP_PORT': '0'}, 'SMTP_PORT'),
]


def run(folder, *argv, seconds=20, **settings):
    """Exit code, or None while it still runs after `seconds`; and what it said."""
    env = {'PATH': os.environ['PATH'], **PRODUCTION, **settings}
    with subprocess.Popen([BINARY, *argv, '--data', str(folder)], env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            out, _ = process.communicate(timeout=seconds)
            return process.returncode, out
        except subprocess.TimeoutExpired:
            process.terminate()
            return None, process.communicate()[0]



@pytest.mark.parametrize('settings, word', WEAK, ids=lambda x: x if isinstance(x, str) else '-')
def test_production_refuses_each_weakness_in_one_line(tmp_path, settings, word):
    """W05, W27, W29: it ends before it listens, and says why in one line."""
    port = free_port()
    code, out = run(tmp_path, 'serve', '--listen', f'127.0.0.1:{port}', **settings)
    assert code not in (0, None), out
    assert sum(word in line for line in out.splitlines()) == 1, out
    assert '1 setting must be mended' in out
    with socket.socket() as s:
        assert s.connect_ex(('127.0.0.1', port)) != 0
    code, out = run(tmp_path, 'check', **settings)
    assert code == 1 and word in out


@pytest.mark.parametrize('settings, word', WRONG, ids=str)
@pytest.mark.parametrize('environment', ['production', 'development'])
def test_wrong_values_are_refused_everywhere(tmp_path, settings, word, environment):
    """W05, W27: negative lifetimes and odd algorithms."""
    settings = {**settings, 'ENVIRONMENT': environment}
    for command in ('serve', 'work', 'check'):
        code, out = run(tmp_path, command, **settings)
        assert code == 2 and word in out


def test_all_problems_are_told_at_once(tmp_path):
    settings = {'JWT_SECRET': 'secret', 'CORS_ORIGINS': '*', 'JWT_ALGORITHM': 'RS256',
                'PUBLIC_URL': 'http://nis2.example.org'}
    for command in ('serve', 'work', 'check'):
        code, out = run(tmp_path, command, **settings)
        assert code not in (0, None)
        for word in ('JWT_SECRET', 'CORS_ORIGINS is *', 'JWT_PRIVATE_KEY is not set',
                     'PUBLIC_URL is http'):
            assert word in out
        if command != 'check':
            assert '4 settings must be mended before production starts' in out


@pytest.mark.parametrize('settings', [
    {}, {'PUBLIC_URL': 'http://localhost:8000'}, {'PUBLIC_URL': 'http://127.0.0.1'},
    {'SMTP_SSL': 'on'}, {'JWT_SECRET': '', 'DATA_ENCRYPTION_KEY': ''},
    {'JWT_PRIVATE_KEY': private_pem(KEY), 'JWT_PUBLIC_KEY': public_pem(KEY)},
    # Of the contract, and of no meaning here.
    {'ADMIN_PASSWORD': 'changeme', 'CELERY_BROKER_URL': 'x', 'CELERY_RESULT_BACKEND': '',
     'POSTGRES_PASSWORD': 'secret', 'CELERY_WORKER': '1', 'NEXTAUTH_SECRET': 'x',
     'ENABLE_OPENAI': 'maybe', 'DOMAIN': '?'},
], ids=str)
def test_good_settings_have_nothing_to_mend(tmp_path, settings):
    code, out = run(tmp_path, 'check', **settings)
    assert code == 0 and 'nothing is wrong' in out
    assert not (tmp_path / 'secrets.env').exists(), 'a look makes nothing'


def test_check_reads_the_secrets_that_a_start_made(tmp_path):
    (tmp_path / 'secrets.env').write_text('JWT_SECRET=secret\n')
    code, out = run(tmp_path, 'check', JWT_SECRET='')
    assert code == 1 and 'JWT_SECRET is a placeholder' in out


def test_no_mail_server_is_a_loud_warning(start):
    """W29: who sets up no mail is told so at start, and by `nis2 check`."""
    server = start(**{**PRODUCTION, 'RATE_LIMITS': 'on', 'SMTP_HOST': ''})
    assert server.log().count('SMTP_HOST is not set: nobody gets mail') == 1
    code, out = run(server.folder, 'check', SMTP_HOST='')
    assert code == 0 and 'SMTP_HOST is not set' in out


def test_development_starts_with_weak_settings_but_not_without_a_key(tmp_path, start):
    server = start(JWT_SECRET='secret')
    assert 'JWT_SECRET is a placeholder' in server.log()
    code, out = run(tmp_path, 'serve', ENVIRONMENT='development', JWT_ALGORITHM='RS256')
    assert code not in (0, None) and 'JWT_PRIVATE_KEY is not set' in out


def test_the_document_has_every_setting(tmp_path):
    """docs/settings.md and the program: the same names, the same defaults."""
    _, out = run(tmp_path, 'check')
    names = re.findall(r'^([A-Z0-9_]+)=', out, re.M)
    table = re.findall(r'^\| `([A-Z0-9_]+)` \| (?:`(.*?)`)? *\|',
                       (SOURCE / 'docs/settings.md').read_text(), re.M)
    assert sorted(names) == sorted(name for name, _ in table)
    source = (SOURCE / 'src/base/settings.c').read_text()
    for name, default in table:
        assert re.search(rf'\{{ "{name}", \w+, AT\(\w+\), "{re.escape(default)}"', source), name
