"""Mail as people get it: files of a server without SMTP_HOST, or a real mail server on loopback."""
import datetime
import email
import email.policy
import ssl
import time
import uuid

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server import free_port

WAIT_SECONDS = 15


def wait_for(look, seconds=WAIT_SECONDS):
    """What `look` returns once it is true."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found or time.monotonic() > end:
            assert found, 'it did not come'
            return found
        time.sleep(0.05)


class Letter:
    def __init__(self, raw, path=None):
        self.raw, self.path = raw, path
        self.message = email.message_from_bytes(raw, policy=email.policy.default)
        assert not self.message.defects, self.message.defects
        self.to = self.message['To'].addresses[0].addr_spec
        self.subject = self.message['Subject']
        self.text, self.html = (self.message.get_body(kind).get_content().replace('\r\n', '\n')
                                for kind in ('plain', 'html'))

    @property
    def token(self):
        """As a client cuts it out."""
        return self.text.split('token=')[1].split()[0].split('&')[0]


def letters(server, to, kind='*'):
    """Those to one address, oldest first."""
    files = sorted((server.data / 'mail').glob(f'*-{kind}.eml'))
    found = [Letter(path.read_bytes(), path) for path in files]
    return [one for one in found if one.to == to]


def wait_letter(server, to, kind='*', count=1):
    """The newest once there are `count` of them."""
    return wait_for(lambda: letters(server, to, kind)[count - 1:])[-1]


def put_job(server, kind, args, org=None, lane='mail'):
    """A job as the server would put it; its id."""
    job, now = str(uuid.uuid4()), int(time.time() * 1e6)
    server.insert('job', id=job, org_id=org, kind=kind, lane=lane, args=args, state='queued',
                  run_at=now, created_at=now, updated_at=now)
    return job


def job_state(server, job):
    return server.sql('SELECT state FROM job WHERE id = ?', job)[0][0]


def wait_job(server, job, *states):
    return wait_for(lambda: job_state(server, job) in states and job_state(server, job))


# ---- a mail server ----

class Box:
    """What a mail server was given, and what it is to say to it."""

    def __init__(self):
        self.raw, self.envelopes, self.replies, self.logins, self.tls = [], [], [], [], []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.replies:
            return self.replies.pop(0)
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        self.raw.append(envelope.content)
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        self.tls.append(session.ssl is not None)
        return '250 OK'

    def login(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b'let me in', handled=False)


def serve_mail(box, port=None, **options):
    """Started; whoever starts it stops it."""
    one = Controller(box, hostname='127.0.0.1', port=port or free_port(), **options)
    one.start()
    return one


def write_key(path, key):
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM,
                                       serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption()))


def certificate(folder, name):
    """(CA file, TLS context) of a server called `name`, under an authority of its own."""
    now = datetime.datetime.now(datetime.timezone.utc)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'Authority of a test')])

    def build(subject, of, extension):
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(ca_name)
                .public_key(of.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(days=1))
                .not_valid_after(now + datetime.timedelta(days=30))
                .add_extension(extension, critical=False).sign(ca_key, hashes.SHA256()))

    ca = build(ca_name, ca_key, x509.BasicConstraints(ca=True, path_length=None))
    leaf = build(x509.Name([]), key, x509.SubjectAlternativeName([x509.DNSName(name)]))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'ca.pem').write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    (folder / 'cert.pem').write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    write_key(folder / 'key.pem', key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / 'cert.pem', folder / 'key.pem')
    return folder / 'ca.pem', context
