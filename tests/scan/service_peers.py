"""The servers of test_services.py, each on an address of its own: 127.87.0.N. Real ones from Debian's packages, and mocks of what
Debian has no package of; a mock says so in its name."""
import json
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path

from peers import Mock, accepts, program

WEAK_SSH, GOOD_SSH, SMB, RDP, FTP, MYSQL, POSTGRES, LDAP, MAIL, MEMCACHED, REDIS, ODD = (f'127.87.0.{n}' for n in range(1, 13))
RSYNC, MOCKS, TARPIT = '127.87.0.13', '127.87.0.14', '127.87.0.15'


def weak_sshd(peers):
    """Everything that Debian's OpenSSH still has and should not offer."""
    subprocess.run(['ssh-keygen', '-q', '-t', 'rsa', '-b', '1024', '-N', '', '-f', str(peers.folder / 'ssh_rsa')], check=True)
    Path('/run/sshd').mkdir(exist_ok=True)
    config = peers.file('weak_sshd.conf', f"""
        ListenAddress {WEAK_SSH}
        Port 22
        HostKey {peers.folder}/ssh_rsa
        RequiredRSASize 1024
        PidFile none
        UsePAM no
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        KexAlgorithms diffie-hellman-group1-sha1,diffie-hellman-group14-sha1,curve25519-sha256
        HostKeyAlgorithms ssh-rsa,rsa-sha2-256
        Ciphers 3des-cbc,aes128-cbc,aes128-ctr,chacha20-poly1305@openssh.com
        MACs hmac-md5,hmac-sha1-96,hmac-sha2-256
        """)
    peers.start('weak_sshd', [program('sshd'), '-D', '-e', '-f', str(config)], (WEAK_SSH, 22))


def good_sshd(peers):
    subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', str(peers.folder / 'ssh_good')], check=True)
    config = peers.file('good_sshd.conf', f"""
        ListenAddress {GOOD_SSH}
        Port 2222
        HostKey {peers.folder}/ssh_good
        PidFile none
        UsePAM no
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256
        Ciphers aes256-gcm@openssh.com,aes128-gcm@openssh.com
        MACs hmac-sha2-256-etm@openssh.com
        """)
    peers.start('good_sshd', [program('sshd'), '-D', '-e', '-f', str(config)], (GOOD_SSH, 2222))


def samba(peers):
    """SMBv1 on, signing off. It listens only on addresses that the interface is told of."""
    subprocess.run([program('ip'), 'addr', 'add', f'{SMB}/8', 'dev', 'lo'], check=False, capture_output=True)
    for name in ('lock', 'state', 'cache', 'private', 'pid', 'ncalrpc'):
        (peers.folder / 'smb' / name).mkdir(parents=True)
    config = peers.file('smb.conf', f"""
        [global]
        interfaces = {SMB}/255.0.0.0
        bind interfaces only = yes
        smb ports = 445
        server min protocol = NT1
        server signing = disabled
        disable netbios = yes
        lock directory = {peers.folder}/smb/lock
        state directory = {peers.folder}/smb/state
        cache directory = {peers.folder}/smb/cache
        private dir = {peers.folder}/smb/private
        pid directory = {peers.folder}/smb/pid
        ncalrpc dir = {peers.folder}/smb/ncalrpc
        log file = {peers.folder}/smb/log
        """)
    peers.start('smbd', [program('smbd'), '--foreground', '-s', str(config)], (SMB, 445))


def xrdp(peers):
    """xrdp: TLS, and the old encryption of its own."""
    peers.self_signed('rdp', 'rdp.example.net')
    peers.openssl('version')
    subprocess.run([program('xrdp-keygen'), 'xrdp', str(peers.folder / 'rsakeys.ini')], check=True, capture_output=True)
    original = Path('/etc/xrdp/xrdp.ini').read_text()
    config = peers.file('xrdp.ini', original
                        .replace('\nport=3389', f'\nport=tcp://{RDP}:3389', 1)
                        .replace('certificate=', f'certificate={peers.folder}/rdp.pem', 1)
                        .replace('key_file=', f'key_file={peers.folder}/rdp.key', 1))
    peers.start('xrdp', [program('xrdp'), '--nodaemon', '--config', str(config)], (RDP, 3389))


def proftpd(peers):
    (peers.folder / 'ftp').mkdir()
    config = peers.file('proftpd.conf', f"""
        ServerType standalone
        DefaultAddress {FTP}
        SocketBindTight on
        Port 21
        ServerName test
        ServerIdent on "ProFTPD Server ready"
        UseIPv6 off
        User nobody
        Group nogroup
        PidFile {peers.folder}/proftpd.pid
        ScoreboardFile {peers.folder}/proftpd.score
        DelayEngine off
        WtmpLog off
        UseReverseDNS off
        <Anonymous {peers.folder}/ftp>
          User nobody
          Group nogroup
          UserAlias anonymous nobody
          RequireValidShell off
        </Anonymous>
        """)
    peers.start('proftpd', [program('proftpd'), '--nodaemon', '--config', str(config)], (FTP, 21))


def mariadb(peers):
    data = peers.folder / 'mysql'
    subprocess.run([program('mariadb-install-db'), '--no-defaults', f'--datadir={data}', '--auth-root-authentication-method=normal',
                    '--skip-test-db', '--user=root'], check=True, capture_output=True)
    peers.start('mariadbd', [program('mariadbd'), '--no-defaults', f'--datadir={data}', f'--bind-address={MYSQL}', '--port=3306',
                             f'--socket={peers.folder}/mysql.sock', '--user=root', '--skip-log-bin'], (MYSQL, 3306))


def as_nobody(peers):
    """A user for programs that refuse to run as root, and what it needs."""
    return ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] if os.getuid() == 0 else []


def postgresql(peers):
    home = Path(sorted(Path('/usr/lib/postgresql').iterdir())[-1] / 'bin')
    data = peers.folder / 'pg'
    data.mkdir()
    shutil.chown(data, 'nobody', 'nogroup')
    run = as_nobody(peers)
    subprocess.run([*run, str(home / 'initdb'), '-D', str(data), '-A', 'trust', '--no-sync'], check=True, capture_output=True)
    peers.start('postgres', [*run, str(home / 'postgres'), '-D', str(data), '-c', f'listen_addresses={POSTGRES}', '-c', 'port=5432',
                             '-c', f'unix_socket_directories={data}'], (POSTGRES, 5432))


def slapd(peers):
    (peers.folder / 'ldap').mkdir()
    config = peers.file('slapd.conf', f"""
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {peers.folder}/slapd.pid
database mdb
suffix dc=example,dc=net
rootdn cn=admin,dc=example,dc=net
directory {peers.folder}/ldap
""")
    peers.start('slapd', [program('slapd'), '-h', f'ldap://{LDAP}:389', '-f', str(config), '-d', '0'], (LDAP, 389))


def dovecot(peers):
    """IMAP and POP3, in clear and behind TLS."""
    peers.self_signed('mail', 'mail.example.net')
    config = peers.file('dovecot.conf', f"""
        protocols = imap pop3
        listen = {MAIL}
        base_dir = {peers.folder}/dovecot
        log_path = {peers.folder}/dovecot.log
        ssl = yes
        ssl_cert = <{peers.folder}/mail.pem
        ssl_key = <{peers.folder}/mail.key
        mail_location = maildir:{peers.folder}/mail
        default_internal_user = nobody
        default_login_user = nobody
        default_internal_group = nogroup
        passdb {{
          driver = static
          args = password=none
        }}
        """)
    peers.start('dovecot', [program('dovecot'), '-F', '-c', str(config)], (MAIL, 143), (MAIL, 110), (MAIL, 993))


def rsync(peers):
    config = peers.file('rsyncd.conf', f"""
        pid file = {peers.folder}/rsyncd.pid
        use chroot = no
        [backup]
        path = {peers.folder}
        read only = yes
        """)
    peers.start('rsync', [program('rsync'), '--daemon', '--no-detach', f'--address={RSYNC}', '--port=873', f'--config={config}'],
                (RSYNC, 873))


# ---- mocks


def answer(*bodies):
    """Each connection gets what the first word of its request stands for."""
    def serve(connection):
        request = connection.recv(4096).decode('latin-1')
        path = request.split(' ')[1] if request.count(' ') > 1 else ''
        for wanted, headers, body in bodies:
            if path == wanted:
                break
        else:
            headers, body = '', '{"message":"page not found"}'
        status = '200 OK' if path == wanted else '404 Not Found'
        connection.sendall(f'HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(body)}\r\n'
                           f'Connection: close\r\n\r\n{body}'.encode())
    return serve


elasticsearch = answer(('/', '', json.dumps({
    'name': 'n', 'cluster_name': 'c', 'version': {'number': '8.11.1'}, 'tagline': 'You Know, for Search'})))
docker = answer(('/version', 'Server: Docker/24.0.7 (linux)\r\n', json.dumps({'Version': '24.0.7', 'ApiVersion': '1.43'})))
etcd = answer(('/version', '', json.dumps({'etcdserver': '3.5.9', 'etcdcluster': '3.5.0'})))
couchdb = answer(('/', '', json.dumps({'couchdb': 'Welcome', 'version': '3.3.3'})),
                 ('/_all_dbs', '', json.dumps(['_users', 'people'])))


def op_msg(number, document):
    body = struct.pack('<IB', 0, 0) + document
    return struct.pack('<IIII', 16 + len(body), number, number, 2013) + body


def bson(*members):
    inner = b''.join(members) + b'\0'
    return struct.pack('<I', len(inner) + 4) + inner


def mongodb(connection):
    """Answers hello and listDatabases without a login."""
    connection.recv(4096)
    connection.sendall(op_msg(1, bson(b'\x10maxWireVersion\0' + struct.pack('<i', 21))) +
                       op_msg(2, bson(b'\x04databases\0' + bson(), b'\x01ok\0' + struct.pack('<d', 1))))
    connection.recv(1)


def vnc(connection):
    """Security type 1: none."""
    connection.sendall(b'RFB 003.008\n')
    connection.recv(12)
    connection.sendall(b'\x01\x01')
    connection.recv(1)


def zookeeper(connection):
    if connection.recv(4) == b'srvr':
        connection.sendall(b'Zookeeper version: 3.8.1-74db005175a4ec545697012f9069cb9dcc8cdda7, built on 2023-01-25\nMode: standalone\n')


def mqtt(connection):
    connection.recv(100)
    connection.sendall(b'\x20\x02\x00\x00')
    connection.recv(1)


def modbus(connection):
    request = connection.recv(100)
    objects = b''.join(bytes([i, len(t)]) + t for i, t in enumerate([b'Example', b'PLC-1', b'v2.0']))
    body = request[6:7] + b'\x2b\x0e\x01\x01\x00\x00\x03' + objects
    connection.sendall(request[:4] + struct.pack('>H', len(body)) + body)
    connection.recv(1)


def silent(connection):
    while connection.recv(4096):
        pass


MOCKED = {9200: elasticsearch, 2375: docker, 2379: etcd, 5984: couchdb, 27017: mongodb, 5900: vnc, 2181: zookeeper, 1883: mqtt, 502: modbus}


def start_all(peers):
    """The mocks, which the caller closes."""
    peers.authority()
    for start in (weak_sshd, good_sshd, samba, xrdp, proftpd, mariadb, postgresql, slapd, dovecot, rsync):
        start(peers)
    peers.start('memcached', [program('memcached'), '-u', 'nobody', '-l', MEMCACHED, '-p', '11211'], (MEMCACHED, 11211))
    peers.redis(REDIS)
    peers.certificate('odd', 'odd.example.net')
    peers.nginx('odd', f"""
        server {{ listen {ODD}:9000; location / {{ default_type text/html; return 200 "<!doctype html><title>odd</title>"; }} }}
        server {{ listen {ODD}:3306 ssl; ssl_certificate {peers.folder}/odd.pem; ssl_certificate_key {peers.folder}/odd.key;
                  location / {{ default_type text/html; return 200 "<!doctype html><title>odd</title>"; }} }}""", (ODD, 9000), (ODD, 3306))
    return [Mock(MOCKS, port, serve) for port, serve in MOCKED.items()]
