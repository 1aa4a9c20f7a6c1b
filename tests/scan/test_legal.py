"""What the country's law other than the directive asks of a site, and networks before a server: sites of nginx, and what is
found of them with and without a country."""
import pytest

from conftest import scan
from peers import Peers

ADDRESSES = {'www.bare.example': '127.61.0.1', 'www.full.example': '127.61.0.2', 'mail.full.example': '127.61.0.3',
             'www.edge.example': '127.61.0.4'}
LEGAL = {'legal_privacy', 'legal_vat', 'legal_provider', 'legal_cookies'}
BARE = '<!doctype html><title>a privacy cookie P.IVA</title><a href=/about>About</a>' \
       '<script src=https://www.googletagmanager.com/gtag/js></script>'
FULL = '<!doctype html><a href=/legal>Impressum</a><a href=/p>Datenschutz, privacy</a><p>P.IVA IT00743110157</p>'


@pytest.fixture(scope='module')
def peers(tmp_path_factory):
    peers = Peers(tmp_path_factory.mktemp('legal'))
    peers.folder.chmod(0o755)
    bare, full, mail, edge = ADDRESSES.values()
    try:
        peers.file('hosts', ''.join(f'{a} {n}\n' for n, a in ADDRESSES.items()))
        peers.nginx('legal', f"""
            default_type text/html;
            server {{ listen {bare}:80; listen {mail}:80; return 200 "{BARE}"; }}
            server {{ listen {full}:80; return 200 "{FULL}"; }}
            server {{ listen {edge}:80; add_header CF-RAY 7-MXP always; add_header CF-Cache-Status HIT always; return 200 "{FULL}"; }}
            """, (bare, 80), (edge, 80))
        yield peers
    finally:
        peers.stop()


def look(peers, *names, country=None):
    options = ('--country', country) if country else ()
    outcome = scan('--format', 'json', '--hosts-file', peers.folder / 'hosts', '--ports', '80', '--discreet', *options, *names)
    assert outcome.json, outcome.errors
    return outcome.json


def legal_of(report):
    return {(f['target'], f['check']) for f in report['findings'] if f['check'] in LEGAL}


def test_only_what_the_country_asks(peers):
    """W93: by country; words are not enough, and a service of the company need not say who it is."""
    names = list(ADDRESSES)[:3]
    assert legal_of(look(peers, *names)) == set()
    assert legal_of(look(peers, *names, country='IT')) == {
        ('www.bare.example', 'legal_privacy'), ('www.bare.example', 'legal_vat'), ('www.bare.example', 'legal_cookies')}
    assert legal_of(look(peers, *names, country='DE')) == {
        ('www.bare.example', 'legal_privacy'), ('www.bare.example', 'legal_provider'), ('www.bare.example', 'legal_cookies')}
    assert legal_of(look(peers, *names, country='US')) == set()


def test_other_law_is_in_no_score(peers):
    """W93: the same score and the same matrix with and without it; its findings say so."""
    without, with_country = look(peers, 'www.bare.example'), look(peers, 'www.bare.example', country='IT')
    assert [a['score'] for a in without['assets']] == [a['score'] for a in with_country['assets']]
    assert without['compliance_matrix'] == with_country['compliance_matrix']
    assert {f['scored'] for f in with_country['findings'] if f['check'] in LEGAL} == {False}
    assert {f['scored'] for f in with_country['findings'] if f['check'] not in LEGAL} == {True}


def test_what_was_seen_is_in_the_result(peers):
    bare = look(peers, 'www.bare.example', country='IT')['assets'][0]
    full = look(peers, 'www.full.example', country='IT')['assets'][0]
    assert full['legal_info']['80'] == {
        'url': 'http://www.full.example/', 'country': 'IT', 'nis2': False, 'privacy_link_found': True, 'privacy_link': '/p', 'trackers': [],
        'italian_compliance': {'piva_found': True, 'piva_value': '00743110157', 'piva_valid': True, 'privacy_policy_found': True},
        'cookie_banner': {'banner_detected': False, 'matched_keywords': []}, 'method': 'static'}
    assert full['http_info']['80']['legal'] == full['legal_info']['80']
    assert bare['legal_info']['80']['italian_compliance'] == {
        'piva_found': False, 'piva_value': None, 'piva_valid': None, 'privacy_policy_found': False}
    assert bare['legal_info']['80']['trackers'] == ['googletagmanager.com']


def test_without_a_country_nothing_is_kept(peers):
    assert look(peers, 'www.bare.example')['assets'][0]['legal_info'] == {}


def test_a_network_before_the_server(peers):
    """W94: said, as information; no other site has one."""
    report = look(peers, 'www.edge.example', 'www.full.example')
    found = [(f['target'], f['severity']) for f in report['findings'] if f['check'] == 'edge_network']
    assert found == [('www.edge.example', 'INFO')]
    edge, full = (a['http_info']['80']['waf_cdn'] for a in report['assets'])
    assert edge == {'protected': True, 'providers': ['cloudflare'], 'confidence': 'high'}
    assert full == {'protected': False, 'providers': [], 'confidence': 'none'}
