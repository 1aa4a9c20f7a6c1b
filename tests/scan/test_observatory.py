"""The score of the HTTP Observatory is the one that MDN's own program gives, on sites made with a fixed seed.

The program is run on the same servers (observatory_oracle.mjs). Where it and the specifications differ, EXPLAINED says
why; anything else that differs fails.
"""
import json
import subprocess

import pytest

from agreement import agree
from conftest import SOURCE, scan
from observatory_sites import ORIGIN, WWW, Server, generate, several
from peers import Peers, program

PACKAGE = SOURCE / 'web/node_modules/@mdn/mdn-http-observatory'
# The package has ten of the twelve tests: these two came to the algorithm after it was published.
NEWER = {
    'cross-origin-embedder-policy': {
        'coep-implemented-with-require-corp': 10, 'coep-implemented-with-credentialless': 10, 'coep-header-invalid': -5},
    'cross-origin-opener-policy': {
        'coop-implemented-with-same-origin': 10, 'coop-implemented-with-same-origin-allow-popups': 10, 'coop-header-invalid': -5},
}


def node_version():
    return int(subprocess.run([program('node'), '-p', 'process.versions.node.split(".")[0]'], check=True,
                              capture_output=True, text=True).stdout)


@pytest.fixture(scope='module')
def bench(tmp_path_factory):
    """(sites, ours, theirs), ours and theirs by host."""
    if node_version() < 20:
        pytest.skip('the package wants Node 20')
    folder = tmp_path_factory.mktemp('observatory')
    peers = Peers(folder)
    peers.authority()
    peers.certificate('wild', '*.example.net')
    peers.self_signed('stranger', 'stranger.example.org')
    sites, more = generate(), several()
    everyone = [*sites, *more, WWW]
    server = Server(everyone, folder)
    try:
        peers.file('hosts', ''.join(f'{s.address} {s.host}\n' for s in everyone))
        ours = scan('--format', 'json', '--hosts-file', folder / 'hosts', '--ca-file', folder / 'root.pem',
                    *(s.host for s in everyone), timeout=300)
        assert ours.json, ours.errors
        theirs = oracle(folder, sites, more)
    finally:
        server.stop()
    return sites, more, ours, theirs


def oracle(folder, sites, more):
    question = {'addresses': {s.host: s.address for s in [*sites, *more, WWW]}, 'hosts': [s.host for s in sites],
                'direct': [{'host': s.host, 'policies': s.values('Content-Security-Policy'), 'metas': [], 'origin': ORIGIN,
                            'frames': [], 'cors': {k.lower(): v for k, v in s.cors.items()}} for s in more]}
    done = subprocess.run([program('node'), SOURCE / 'tests/scan/observatory_oracle.mjs', PACKAGE], input=json.dumps(question),
                          capture_output=True, text=True, timeout=300, env={'NODE_EXTRA_CA_CERTS': str(folder / 'root.pem')})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def stated(outcome, host):
    """{test: result} and the score, as the scan says it."""
    facts = {f['f'].removeprefix('observatory.'): f for f in outcome.asset(host)['facts'] if f['f'].startswith('observatory.')}
    results = {name.replace('_', '-'): f['text'] for name, f in facts.items()}
    sums = [info['observatory'] for info in outcome.asset(host)['http_info'].values() if 'observatory' in info]
    return results, sums[0]['score'] if sums else None, sums[0]['grade'] if sums else None


def score(tests):
    """As the algorithm reckons it, of {test: modifier}: bonuses count from 90 on."""
    base = 100 + sum(m for m in tests.values() if m < 0)
    return max(0, base + sum(m for m in tests.values() if m > 0) if base >= 90 else base)


# Where we differ on purpose: name, whether a site is of that kind, the results of the two, why.
EXPLAINED = {
    'several policies': (
        lambda site, test: test in ('content-security-policy', 'x-frame-options') and len(site.values('Content-Security-Policy')) > 1,
        "Node's client joins repeated headers with commas, and the package (until 1.5) reads that as one policy. CSP 3 (2.2.3) and "
        'later versions take them for several; test_several_policies compares those.'),
    'reflected origin': (
        lambda site, test: test == 'cross-origin-resource-sharing' and 'whoever asks' in site.cors.values(),
        'The package looks for the Origin that it sent where its client does not keep it, so that it never gives this result; '
        'test_reflected_origin hands it over.'),
    'age that is no number': (
        lambda site, test: site.values('Strict-Transport-Security') == ['max-age=soon'] and test in ('strict-transport-security', 'cookies'),
        'The package compares not-a-number with six months and is content. RFC 6797 (6.1.1) wants digits: browsers ignore the header.'),
    'host prefix without a path': (
        lambda site, test: test == 'cookies' and '__Host-id=1; Secure; SameSite=Lax' in site.values('Set-Cookie'),
        "The package's cookie jar fills the path in before it looks at the prefix. rfc6265bis (4.1.3.2) wants Path=/ to be sent: "
        'browsers drop the cookie.'),
}


def explanation(site, test):
    return next((name for name, (applies, _) in EXPLAINED.items() if applies(site, test)), None)


def shown(site):
    """The site whose page is looked at in the end."""
    return WWW if site.moved.startswith('https:') and site.certificate != 'none' else site


def differences(bench):
    """(site, test, ours, theirs) wherever the two are not of one mind."""
    sites, _, ours, theirs = bench
    for site in sites:
        results = stated(ours, site.host)[0]
        for test, said in theirs['full'][site.host]['tests'].items():
            if results.get(test) != said['result']:
                yield site, test, results.get(test), said['result']


def test_the_package_tested_every_site(bench):
    sites, _, _, theirs = bench
    assert len(sites) >= 200
    assert not [answer['error'] for answer in theirs['full'].values() if 'error' in answer]
    assert all(len(answer['tests']) == 10 for answer in theirs['full'].values())


def test_each_result_is_the_same(bench):
    open_questions = [f'{site.host} {test}: we say {we}, they say {they}; {site}'
                      for site, test, we, they in differences(bench) if not explanation(shown(site), test)]
    assert not open_questions, '\n'.join(open_questions)
    results = 10 * len(bench[0])
    assert agree(f'{len(bench[0])} generated sites', 'equal results of ten tests each', results, 'MDN HTTP Observatory 1.4.8',
                 results - len(list(differences(bench))), ' '.join(why for _, why in EXPLAINED.values()))


@pytest.mark.parametrize('name', EXPLAINED)
def test_what_is_explained_does_occur(bench, name):
    """An explanation of nothing would hide the next difference."""
    assert [site for site, test, _, _ in differences(bench) if explanation(shown(site), test) == name]


def test_every_modifier_score_and_grade_is_the_same(bench):
    sites, _, ours, theirs = bench
    compared = 0
    for site in sites:
        said = theirs['full'][site.host]
        results, our_score, our_grade = stated(ours, site.host)
        if any(results[test] != said['tests'][test]['result'] for test in said['tests']):
            continue
        modifiers = {test: t['modifier'] for test, t in said['tests'].items()}
        assert score(modifiers) == said['score'], site
        modifiers.update({test: NEWER[test].get(results[test], 0) for test in NEWER})
        assert our_score == score(modifiers), site
        if not any(modifiers[test] for test in NEWER):
            assert (our_score, our_grade) == (said['score'], said['grade']), site
            compared += 1
    assert compared >= 150


def test_results_of_all_kinds_occur(bench):
    sites, _, ours, _ = bench
    seen = {result for site in sites for result in stated(ours, site.host)[0].values()}
    assert len(seen) >= 60, sorted(seen)


def test_several_policies(bench):
    """CSP 3: all policies hold at once."""
    _, more, ours, theirs = bench
    for site in more:
        results = stated(ours, site.host)[0]
        for test in ('content-security-policy', 'x-frame-options'):
            assert results[test] == theirs['direct'][site.host][test], site


def test_reflected_origin(bench):
    _, more, ours, theirs = bench
    for site in more:
        said = theirs['direct'][site.host]['cross-origin-resource-sharing']
        assert said == 'cross-origin-resource-sharing-implemented-with-universal-access'
        assert stated(ours, site.host)[0]['cross-origin-resource-sharing'] == said
        assert ours.facts(site.host, 'http.cors_open', 443) == [True]
