"""The name servers of test_dns.py: a root of their own, signed down to the leaves, on 127.84.0.N.

Zones are made at each run: signatures have dates.
"""
import subprocess
import time

from peers import accepts, program

ROOT, MAIN, LAX, LAME, RESOLVER = '127.84.0.1', '127.84.0.2', '127.84.0.3', '127.84.0.4', '127.84.0.53'
WEB, MX, PLAIN_MX, NOBODY = '127.84.0.80', '127.84.0.25', '127.84.0.26', '127.84.0.99'
INSIDE = '127.85.0.10'  # not in the networks that may be contacted

HEAD = """$TTL 300
@ IN SOA {ns} hostmaster.{origin} {serial} 7200 3600 1209600 300
"""


class Zone:
    """One zone: its records, how it is signed, and where it lives."""

    def __init__(self, origin, records, sign=None, server=MAIN, ns=None, options=''):
        self.origin = origin if origin.endswith('.') else origin + '.'
        self.sign, self.server, self.options = sign, server, options
        self.ns = ns if ns is not None else [('ns1', MAIN), ('ns2', '127.84.1.2')]
        self.records = records
        self.file = (self.origin.rstrip('.') or 'root') + '.zone'

    def glue(self, host):
        return f'{host}.{self.origin}' if self.origin != '.' else f'{host}.'

    def text(self, serial=1):
        lines = [HEAD.format(ns=self.glue(self.ns[0][0]), origin=self.origin if self.origin != '.' else '', serial=serial)]
        for host, address in self.ns:
            lines.append(f'@ IN NS {self.glue(host)}')
            if address:
                lines.append(f'{self.glue(host)} IN A {address}')
        return '\n'.join(lines) + '\n' + self.records + '\n'

    def delegation(self):
        lines = []
        for host, address in self.ns:
            lines.append(f'{self.origin} IN NS {self.glue(host)}')
            if address:
                lines.append(f'{self.glue(host)} IN A {address}')
        return '\n'.join(lines) + '\n'


def own_address(*addresses):
    """BIND listens on the addresses of interfaces only; all of 127.0.0.0/8 is no such list."""
    for address in addresses:
        done = subprocess.run([program('ip'), 'address', 'add', f'{address}/32', 'dev', 'lo'], capture_output=True, text=True)
        assert done.returncode == 0 or 'exists' in done.stderr, done.stderr


class Bench:
    """Signs the zones and runs the servers with the peers' folder."""

    def __init__(self, peers, zones):
        self.peers, self.folder = peers, peers.folder
        self.zones = zones
        children = ''.join(z.delegation() + self.make(z) for z in zones)
        self.test = Zone('test', children, ['-a', 'ECDSAP256SHA256'], ROOT, [('ns', ROOT)])
        ds = self.make(self.test)
        foreign = Zone('com', 'example IN A 192.0.2.77\n', None, ROOT, [('ns', ROOT)])
        self.make(foreign)
        top = Zone('.', self.test.delegation() + ds + foreign.delegation(), ['-a', 'ECDSAP256SHA256'], ROOT, [('ns', ROOT)])
        self.make(top)
        self.servers = {ROOT: [top, self.test, foreign]}
        for zone in zones:
            self.servers.setdefault(zone.server, []).append(zone)
        self.servers.setdefault(LAME, [])
        self.anchor = self.write_anchor()

    def tool(self, *args):
        done = subprocess.run([program(args[0]), *map(str, args[1:])], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, (args, done.stdout + done.stderr)
        return done.stdout.strip()

    def make(self, zone):
        """Writes the zone, signed where it is to be; the DS records for its parent."""
        path = self.peers.file(zone.file, zone.text())
        if not zone.sign:
            return ''
        keys = [a for a in zone.sign[:2]] + (['-b', zone.sign[2]] if len(zone.sign) > 2 else [])
        key = self.tool('dnssec-keygen', *keys, '-f', 'KSK', '-n', 'ZONE', zone.origin)
        self.tool('dnssec-signzone', '-S', '-P', '-z', '-o', zone.origin, '-g', *zone.options.split(), path)
        zone.file += '.signed'
        ds = self.tool('dnssec-dsfromkey', '-2', f'{key}.key')
        if zone.origin == '.':
            self.root_key = (self.folder / f'{key}.key').read_text()
        return ds + '\n'

    def write_anchor(self):
        return self.peers.file('anchor.key', ''.join(
            line + '\n' for line in self.root_key.splitlines() if not line.startswith(';')))

    def tamper(self, zone, old, new):
        path = self.folder / zone.file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    # ---- servers

    def named(self, address, zones, options, also=()):
        """One BIND; `also` are further addresses of it."""
        blocks = ''.join(f'zone "{z.origin}" {{ type primary; file "{self.folder}/{z.file}"; check-names ignore; }};\n'
                         for z in zones)
        own_address(address, *also)
        name = f'named-{address}'
        listen = ' '.join(f'{a};' for a in (address, *also))
        config = self.peers.file(f'{name}.conf', f"""
            options {{
                directory "{self.folder}"; pid-file none; session-keyfile none;
                listen-on port 53 {{ {listen} }}; listen-on-v6 {{ none; }};
                notify no; dnssec-validation no; {options}
            }};
            controls {{ }};
            {blocks}""")
        self.peers.start(name, [program('named'), '-g', '-n', '1', '-c', str(config)], (address, 53))

    def start(self):
        quiet = 'recursion no; allow-transfer { none; }; version none; minimal-responses no;'
        hints = self.peers.file('hints', f'. 3600000 NS ns.\nns. 3600000 A {ROOT}\n')
        for address, zones in self.servers.items():
            if address != LAX:
                self.named(address, zones, quiet, ['127.84.1.2'] if address == MAIN else [])
        config = 'recursion yes; allow-recursion { any; }; allow-transfer { any; }; version "9.18.1-test"; empty-zones-enable no;'
        self.named_lax(config, hints)
        self.peers.start('unbound', [program('unbound'), '-d', '-d', '-c', str(self.peers.file('unbound.conf', f"""
            server:
                interface: {RESOLVER}
                access-control: 127.0.0.0/8 allow
                do-not-query-localhost: no
                username: ""
                chroot: ""
                pidfile: ""
                use-syslog: no
                root-hints: {hints}
                module-config: "iterator"
                do-ip6: no
                local-zone: "test." nodefault
                outgoing-interface: {RESOLVER}
            """))], (RESOLVER, 53))
        time.sleep(0.1)
        assert accepts(RESOLVER, 53)

    def named_lax(self, options, hints):
        own_address(LAX)
        blocks = f'zone "." {{ type hint; file "{hints}"; }};\n' + ''.join(
            f'zone "{z.origin}" {{ type primary; file "{self.folder}/{z.file}"; check-names ignore; }};\n'
            for z in self.servers.get(LAX, []))
        config = self.peers.file('named-lax.conf', f"""
            options {{
                directory "{self.folder}"; pid-file none; session-keyfile none;
                listen-on port 53 {{ {LAX}; }}; listen-on-v6 {{ none; }};
                notify no; dnssec-validation no; {options}
            }};
            controls {{ }};
            {blocks}""")
        self.peers.start('named-lax', [program('named'), '-g', '-n', '1', '-c', str(config)], (LAX, 53))
