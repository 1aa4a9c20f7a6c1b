"""Real servers to look at, each on a loopback address of its own, and how to stop them.

The ports that are looked at are fixed and privileged, so the addresses differ instead: 127.77.0.N.
"""
import os
import shutil
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

START_SECONDS = 10
PATH = os.environ.get('PATH', '') + ':/usr/sbin:/sbin'


def program(name):
    found = shutil.which(name, path=PATH)
    assert found, f'{name} is not installed (tools/setup.sh test)'
    return found


def accepts(address, port):
    try:
        socket.create_connection((address, port), timeout=1).close()
        return True
    except OSError:
        return False


class Peers:
    """Servers that run until the end of the test; ended by their own process ids."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.running = []

    def start(self, name, command, *ports, seconds=START_SECONDS):
        """Starts a program and waits until it accepts on all of `ports`, (address, port) pairs."""
        log = (self.folder / f'{name}.log').open('wb')
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder)
        log.close()
        self.running.append(process)
        end = time.monotonic() + seconds
        for address, port in ports:
            while not accepts(address, port):
                said = (self.folder / f'{name}.log').read_text(errors='replace')
                assert process.poll() is None, f'{name} ended: {said}'
                assert time.monotonic() < end, f'{name} does not answer on {address}:{port}: {said}'
                time.sleep(0.02)

    def stop(self):
        for process in self.running:
            process.terminate()
        for process in self.running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    # ---- certificates

    def openssl(self, *args):
        subprocess.run(['openssl', *map(str, args)], check=True, cwd=self.folder,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def authority(self):
        """root.pem, which signs the others."""
        self.openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', 30, '-subj', '/CN=Test Root',
                     '-keyout', 'root.key', '-out', 'root.pem')
        return self.folder / 'root.pem'

    def certificate(self, name, *hosts, days=60):
        """NAME.pem and NAME.key for hosts, signed by the authority."""
        names = ','.join(f'DNS:{host}' for host in hosts)
        self.openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', f'/CN={hosts[0]}',
                     '-keyout', f'{name}.key', '-out', f'{name}.csr')
        extensions = self.file(f'{name}.ext', f'subjectAltName={names}\n')
        self.openssl('x509', '-req', '-in', f'{name}.csr', '-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial',
                     '-days', days, '-extfile', extensions, '-out', f'{name}.pem')

    def self_signed(self, name, host, bits=2048, days=60):
        self.openssl('req', '-x509', '-newkey', f'rsa:{bits}', '-nodes', '-days', days, '-subj', f'/CN={host}',
                     '-addext', f'subjectAltName=DNS:{host}', '-keyout', f'{name}.key', '-out', f'{name}.pem')

    # ---- servers

    def nginx(self, name, servers, *ports):
        """An nginx of its own with these `server` blocks."""
        config = self.file(f'{name}.conf', f"""
            {'user root;' if os.getuid() == 0 else ''}
            worker_processes 1;
            pid {self.folder}/{name}.pid;
            error_log {self.folder}/{name}.error.log;
            events {{ worker_connections 256; }}
            http {{
                access_log off;
                client_body_temp_path {self.folder}/{name}-body;
                proxy_temp_path {self.folder}/{name}-proxy;
                fastcgi_temp_path {self.folder}/{name}-fastcgi;
                uwsgi_temp_path {self.folder}/{name}-uwsgi;
                scgi_temp_path {self.folder}/{name}-scgi;
                {servers}
            }}""")
        self.start(name, [program('nginx'), '-c', str(config), '-p', str(self.folder), '-g', 'daemon off;'], *ports)

    def sshd(self, address):
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', str(self.folder / 'ssh_key')], check=True)
        Path('/run/sshd').mkdir(exist_ok=True)
        config = self.file('sshd.conf', f"""
            ListenAddress {address}
            Port 22
            HostKey {self.folder}/ssh_key
            PidFile none
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            """)
        self.start('sshd', [program('sshd'), '-D', '-e', '-f', str(config)], (address, 22))

    def redis(self, address):
        self.start('redis', [program('redis-server'), '--bind', address, '--port', '6379', '--protected-mode', 'no',
                             '--save', '', '--appendonly', 'no', '--dir', str(self.folder)], (address, 6379))

    def old_tls(self, address, port):
        """A server that speaks TLS 1.0 and nothing newer."""
        self.self_signed('old', 'old.example.net')
        self.start('s_server', ['openssl', 's_server', '-accept', f'{address}:{port}', '-tls1', '-www', '-cert', 'old.pem',
                                '-key', 'old.key', '-cipher', 'ALL:@SECLEVEL=0'],
                   (address, port))


class Mock:
    """A peer of a few lines: `serve(connection)` in a thread for each connection."""

    def __init__(self, address, port, serve):
        self.listener = socket.create_server((address, port), backlog=128,
                                             family=socket.AF_INET6 if ':' in address else socket.AF_INET)
        self.serve = serve
        self.open = set()
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def loop(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.open.add(connection)
            threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        try:
            self.serve(connection)
        except OSError:
            pass
        finally:
            with self.lock:
                self.open.discard(connection)
            connection.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # ends accept(), which would hold the port
        self.thread.join()
        self.listener.close()
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class DnsMock:
    """A resolver that answers every question with what `answer` makes of it; None is silence."""

    def __init__(self, address, answer):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, 53))
        self.answer = answer
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()
        self.tcp = Mock(address, 53, self.stream)

    def loop(self):
        while True:
            try:
                query, peer = self.udp.recvfrom(4096)
            except OSError:
                return
            if not query:
                return
            reply = self.answer(query)
            if reply:
                self.udp.sendto(reply[:60000], peer)

    def stream(self, connection):
        size = struct.unpack('!H', connection.recv(2))[0]
        query = connection.recv(size)
        reply = self.answer(query)
        while reply:  # without an end
            connection.sendall(struct.pack('!H', len(reply)) + reply)

    def close(self):
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', self.udp.getsockname())
        self.thread.join()
        self.udp.close()
        self.tcp.close()
