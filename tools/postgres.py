"""A private PostgreSQL cluster for tests and measurements, with the roles of an
installation:

    nis2        superuser: makes databases, looks into all rows
    nis2_owner  owns the databases and their tables: `nis2 migrate`
    nis2_web    in the group nis2_app, owns nothing: `nis2 serve`, `nis2 work`

    cluster = Postgres(folder)
    url = cluster.create('name')        # as nis2
    as_role(url, 'nis2_web')            # the same as another role
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# Names the socket; Debian's psql would else look for its own cluster.
PORT = 5432
ROLES = """
CREATE ROLE nis2_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
CREATE ROLE nis2_owner LOGIN NOSUPERUSER NOBYPASSRLS;
CREATE ROLE nis2_web LOGIN NOSUPERUSER NOBYPASSRLS IN ROLE nis2_app;
"""


def newest_postgres():
    folders = Path('/usr/lib/postgresql').glob('*/bin/initdb')
    found = sorted(folders, key=lambda p: int(p.parts[4]))
    if not found:
        sys.exit('test: no PostgreSQL server in /usr/lib/postgresql')
    return found[-1].parent


def as_role(url, role):
    return re.sub(r'^(postgresql://)[^@/]*@', rf'\g<1>{role}@', url)


class Postgres:
    """On a Unix socket in a folder that PostgreSQL's own user can reach."""

    def __init__(self, folder, options='', listen='', port=PORT):
        self.home = Path(folder) / 'postgres'
        self.home.mkdir()
        self.bin = newest_postgres()
        self.port = port
        # PostgreSQL refuses to run as root.
        self.user = ['runuser', '-u', 'postgres', '--'] if os.getuid() == 0 else []
        if self.user:
            shutil.chown(self.home, 'postgres')
        self.run('initdb', '-D', self.home / 'data', '-U', 'nis2', '-A', 'trust',
                 '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions')
        self.options = (f"-p {port} -k {self.home} -c listen_addresses='{listen}' -c fsync=off "
                        f"-c max_connections=200 -c autovacuum=off {options}")
        self.start()
        self.psql('postgres', ROLES)

    def run(self, program, *args, **how):
        return subprocess.run([*self.user, self.bin / program, *map(str, args)], check=True,
                              cwd='/', **{'stdout': subprocess.DEVNULL, **how})

    def start(self):
        self.control('start', '-w', '-l', self.home / 'log', '-o', self.options)

    def control(self, *words):
        self.run('pg_ctl', '-D', self.home / 'data', *words)

    def psql(self, database, text):
        self.run('psql', '-h', self.home, '-p', self.port, '-U', 'nis2', '-Xq', '-v',
                 'ON_ERROR_STOP=1', database, input=text, text=True)

    def create(self, name):
        """A new, empty database of nis2_owner; its address as superuser."""
        self.run('createdb', '-h', self.home, '-p', self.port, '-U', 'nis2',
                 '-O', 'nis2_owner', name)
        return f'postgresql://nis2@/{name}?host={self.home}&port={self.port}'

    def stop(self):
        self.control('stop', '-m', 'immediate')
