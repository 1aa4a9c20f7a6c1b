"""The scanner agrees with nmap on ports, and with sslscan on versions and suites, run beside it."""
import re
import subprocess
import xml.etree.ElementTree as xml

import pytest

from agreement import agree
from conftest import BAD, EMPTY, GOOD, OLD, REDIS, SSH
from peers import program

PORTS = '21,22,23,53,80,443,445,3306,3389,5432,6379,8080,8443,27017'


def nmap_ports(*addresses):
    """{address: [open ports]}"""
    text = subprocess.run([program('nmap'), '-sT', '-n', '-Pn', '-p', PORTS, '-oX', '-', *addresses],
                          check=True, capture_output=True, text=True).stdout
    return {host.find('address').get('addr'):
            [int(port.get('portid')) for port in host.iter('port') if port.find('state').get('state') == 'open']
            for host in xml.fromstring(text).iter('host')}


def sslscan(address, name):
    """(versions offered, {version: suites}) as sslscan sees them; a suite it does not list proves nothing."""
    text = subprocess.run([program('sslscan'), '--no-colour', '--no-heartbleed', '--xml=-', f'--sni-name={name}', f'{address}:443'],
                          check=True, capture_output=True, text=True).stdout
    root = xml.fromstring(re.sub(r'^[^<]*', '', text))
    versions = {f'TLSv{p.get("version")}' for p in root.iter('protocol')
                if p.get('type') == 'tls' and p.get('enabled') == '1'}
    return versions, {c.get('cipher') for c in root.iter('cipher')}


def test_open_ports_agree_with_nmap(bench_scan):
    targets = {GOOD: 'good.example.net', BAD: 'bad.example.net', OLD: OLD, SSH: SSH, REDIS: REDIS, EMPTY: EMPTY}
    seen = nmap_ports(*targets)
    for address, target in targets.items():
        assert agree(target, 'open ports', bench_scan.asset(target)['ports'], 'nmap -sT', seen[address])


@pytest.mark.parametrize('address,target', [(GOOD, 'good.example.net'), (BAD, 'bad.example.net'), (OLD, OLD)])
def test_tls_agrees_with_sslscan(bench_scan, address, target):
    versions, suites = sslscan(address, target)
    assert versions, 'sslscan saw no version at all'
    assert agree(target, 'TLS versions', set(bench_scan.facts(target, 'tls.versions', 443)[0]) - {'SSLv3'}, 'sslscan', versions)
    ours = set(bench_scan.facts(target, 'tls.ciphers', 443)[0])
    assert suites <= ours
    assert agree(target, 'suites', ours, 'sslscan', suites, 'it only ever proves that a suite is there')
    # What we see beyond it must be what its OpenSSL cannot say, never an accident of ours: nginx and s_server list it.
    offered = set(subprocess.run(['openssl', 'ciphers', 'ALL:eNULL:aNULL:@SECLEVEL=0'], check=True, capture_output=True,
                                 text=True).stdout.strip().split(':'))
    assert ours <= offered
