"""Servers of many TLS stacks, and services that begin in clear: 127.81.0.N, each one or two programs of Debian."""
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from peers import Peers, program

SOURCE = Path(__file__).resolve().parent
NGINX, JSSE, OLD, GNUTLS, POSTFIX, DOVECOT, SLAPD, POSTGRES, MARIADB, PROFTPD, PLAIN = (f'127.81.0.{n}' for n in range(1, 12))

NGINX_SUITES = 'ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES'
JAVA_PASSWORD = 'changeit'


class TlsPeers(Peers):
    """The servers of tests/scan/peers.py, and more."""

    def __init__(self, folder):
        super().__init__(folder)
        self.folders = []

    def stop(self):
        super().stop()
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)

    def folder_of(self, user):
        """A folder that a server may write which refuses to run as root."""
        folder = Path(tempfile.mkdtemp(prefix='nis2-peer-'))
        self.folders.append(folder)
        folder.chmod(0o755)
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        return folder

    def good(self):
        self.certificate('tls', 'tls.example.net')
        self.nginx('tls', f"""
            server_tokens off;
            server {{
                listen {NGINX}:443 ssl http2;
                ssl_certificate {self.folder}/tls.pem;
                ssl_certificate_key {self.folder}/tls.key;
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_ciphers {NGINX_SUITES};
                add_header Strict-Transport-Security "max-age=63072000" always;
                location / {{ return 200 "good"; }}
            }}""", (NGINX, 443))

    def jsse(self):
        self.self_signed('jsse', 'jsse.example.net')
        self.openssl('pkcs12', '-export', '-in', 'jsse.pem', '-inkey', 'jsse.key', '-name', 'rsa', '-out', 'jsse.p12',
                     '-passout', f'pass:{JAVA_PASSWORD}')
        self.start('jsse', ['java', '-Djdk.tls.ephemeralDHKeySize=1024', str(SOURCE / 'JsseServer.java'), JSSE, '443',
                            str(self.folder / 'jsse.p12'), JAVA_PASSWORD], (JSSE, 443), seconds=60)

    def old(self):
        """What OpenSSL of today still does when it is let: NULL, anonymous, a short prime, its own order."""
        self.self_signed('weak', 'weak.example.net', bits=1024)
        self.openssl('dhparam', '-dsaparam', '-out', 'dh1024.pem', 1024)
        self.start('weak', ['openssl', 's_server', '-accept', f'{OLD}:443', '-tls1', '-www', '-cert', 'weak.pem', '-key',
                            'weak.key', '-cipher', 'ALL:eNULL:aNULL:@SECLEVEL=0', '-dhparam', 'dh1024.pem',
                            '-serverpref'], (OLD, 443))

    def gnutls(self):
        """It binds all addresses, so it has a port that nobody else has."""
        self.start('gnutls', [program('gnutls-serv'), '--http', '--port', '10443', '--priority',
                              'NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:+DHE-RSA:+AES-128-CCM:+AES-256-CCM',
                              '--x509certfile', 'tls.pem', '--x509keyfile', 'tls.key'], (GNUTLS, 10443))

    def postfix(self):
        folder = self.folder_of('root')
        for name in ('queue', 'data'):
            (folder / name).mkdir()
        shutil.chown(folder / 'data', 'postfix')
        (folder / 'main.cf').write_text(f"""
            compatibility_level = 3.6
            maillog_file = {folder}/log
            maillog_file_prefixes = {folder}
            queue_directory = {folder}/queue
            data_directory = {folder}/data
            inet_interfaces = all
            inet_protocols = ipv4
            myhostname = mail.example.net
            smtpd_tls_security_level = may
            smtpd_tls_cert_file = {self.folder}/tls.pem
            smtpd_tls_key_file = {self.folder}/tls.key
            smtpd_tls_mandatory_protocols = >=TLSv1.2
            smtpd_tls_protocols = >=TLSv1.2
            """.replace('\n            ', '\n').strip() + '\n')
        shutil.copy('/etc/postfix/dynamicmaps.cf', folder)
        (folder / 'master.cf').write_text(
            f'{POSTFIX}:smtp inet n - n - - smtpd\npostlog unix-dgram n - n - 1 postlogd\nanvil unix - - n - 1 anvil\n'
            'tlsmgr unix - - n 1000? 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite\n'
            'proxymap unix - - n - - proxymap\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n')
        subprocess.run([program('postfix'), '-c', str(folder), 'check'], capture_output=True, check=False)
        self.start('postfix', [program('postfix'), '-c', str(folder), 'start-fg'], (POSTFIX, 25))

    def dovecot(self):
        folder = self.folder_of('root')
        config = self.file('dovecot.conf', f"""
            base_dir = {folder}/run
            state_dir = {folder}/state
            log_path = {self.folder}/dovecot.out
            protocols = imap pop3
            listen = {DOVECOT}
            ssl = yes
            ssl_cert = <{self.folder}/tls.pem
            ssl_key = <{self.folder}/tls.key
            disable_plaintext_auth = no
            auth_mechanisms = plain
            login_trusted_networks =
            passdb {{
              driver = static
              args = password=secret
            }}
            """)
        self.start('dovecot', [program('dovecot'), '-F', '-c', str(config)], (DOVECOT, 143), (DOVECOT, 993))

    def slapd(self):
        folder = self.folder_of('root')
        config = self.file('slapd.conf', f"""
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
TLSCertificateFile {self.folder}/tls.pem
TLSCertificateKeyFile {self.folder}/tls.key
TLSProtocolMin 3.3
database mdb
suffix "dc=example,dc=net"
directory {folder}
""")
        self.start('slapd', [program('slapd'), '-d', '0', '-f', str(config), '-h', f'ldap://{SLAPD}:389'], (SLAPD, 389))

    def postgres(self):
        binary = sorted(Path('/usr/lib/postgresql').glob('*/bin'))[-1]
        folder = self.folder_of('postgres')
        data = folder / 'data'
        for name in ('tls.pem', 'tls.key'):
            shutil.copy(self.folder / name, folder / name)
            shutil.chown(folder / name, 'postgres')
            (folder / name).chmod(0o600)
        subprocess.run([str(binary / 'initdb'), '-D', str(data), '-A', 'trust'], check=True, capture_output=True,
                       user='postgres', cwd='/')
        command = [str(binary / 'postgres'), '-D', str(data), '-h', POSTGRES, '-k', str(folder), '-c', 'ssl=on',
                   '-c', f'ssl_cert_file={folder}/tls.pem', '-c', f'ssl_key_file={folder}/tls.key']
        self.start('postgres', ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', *command],
                   (POSTGRES, 5432))

    def mariadb(self):
        folder = self.folder_of('root')
        subprocess.run([program('mariadb-install-db'), '--no-defaults', '--user=root', '--auth-root-authentication-method=normal',
                        f'--datadir={folder}/data'], check=True, capture_output=True)
        self.start('mariadb', [program('mariadbd'), '--no-defaults', '--user=root', f'--datadir={folder}/data',
                               f'--socket={folder}/sock', f'--pid-file={folder}/pid', f'--bind-address={MARIADB}',
                               '--port=3306', f'--ssl-cert={self.folder}/tls.pem', f'--ssl-key={self.folder}/tls.key',
                               '--innodb-buffer-pool-size=8M'], (MARIADB, 3306), seconds=30)

    def proftpd(self):
        folder = self.folder_of('root')
        config = self.file('proftpd.conf', f"""
LoadModule mod_tls.c
ServerType standalone
SocketBindTight on
DefaultAddress {PROFTPD}
Port 21
UseIPv6 off
PidFile {folder}/pid
ScoreboardFile {folder}/score
DelayTable none
SystemLog {self.folder}/proftpd.out
<IfModule mod_tls.c>
TLSEngine on
TLSRequired off
TLSProtocol TLSv1.2 TLSv1.3
TLSRSACertificateFile {self.folder}/tls.pem
TLSRSACertificateKeyFile {self.folder}/tls.key
</IfModule>
""")
        self.start('proftpd', [program('proftpd'), '-n', '-c', str(config)], (PROFTPD, 21))
