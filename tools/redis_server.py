"""A private Redis for tests: on a Unix socket in a folder of its own, or on a
port of 127.0.0.1; with a password, and with a database for each who wants one."""
import signal
import socket
import subprocess
import time
from pathlib import Path

PASSWORD = 'open sesame'  # the blank must be encoded in an address


class RedisServer:
    def __init__(self, folder, port=0):
        self.folder, self.port = Path(folder), port
        self.socket = self.folder / 'redis.sock'
        place = f'@127.0.0.1:{port}' if port else f'@{self.socket}'
        self.address = ('redis' if port else 'unix') + '://:open%20sesame' + place
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ['redis-server', '--port', str(self.port), '--bind', '127.0.0.1',
             '--unixsocket', str(self.socket), '--requirepass', PASSWORD,
             '--databases', '4096', '--save', '', '--appendonly', 'no',
             '--dir', str(self.folder)], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < deadline, \
                'redis-server does not start'
            time.sleep(0.02)

    def answers(self):
        with socket.socket(socket.AF_UNIX) as s:
            try:
                s.connect(str(self.socket))
            except OSError:
                return False
            return True

    def say(self, *words):
        """One command, as redis-cli sends it; what it printed."""
        done = subprocess.run(
            ['redis-cli', '-s', self.socket, '--no-auth-warning', '-a', PASSWORD, *words],
            capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def pause(self):
        """It takes connections and does not answer."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process.poll() is None:
            self.resume()
            self.process.terminate()
        self.process.wait()
