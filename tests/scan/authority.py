"""A certificate authority of the tests: certificates with every mistake, an OCSP responder, a TLS server."""
import datetime
import hashlib
import ipaddress
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from peers import Mock

DAY = datetime.timedelta(days=1)


def now():
    return datetime.datetime.utcnow().replace(microsecond=0)


def name(common, organization=None):
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organization:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def new_key(kind='rsa2048'):
    if kind.startswith('rsa'):
        return rsa.generate_private_key(65537, int(kind[3:]))
    if kind == 'ed25519':
        return ed25519.Ed25519PrivateKey.generate()
    if kind == 'ed448':
        return ed448.Ed448PrivateKey.generate()
    return ec.generate_private_key({'p192': ec.SECP192R1(), 'p224': ec.SECP224R1(), 'p256': ec.SECP256R1(),
                                    'p384': ec.SECP384R1()}[kind])


def hash_for(key, chosen):
    return None if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)) else chosen


def general_name(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def spki(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def digest(data):
    return hashlib.sha256(data).digest()


class Issuer:
    """A key and the certificate that goes with it."""

    def __init__(self, key, cert):
        self.key, self.cert = key, cert


class Authority:
    """root.pem in a folder, an intermediate one below it, and what they sign."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 1000
        self.root = self.ca('Test Root')
        self.intermediate = self.ca('Test Intermediate', self.root)
        self.write('root.pem', self.root.cert)

    def serial(self):
        self.count += 1
        return self.count

    def ca(self, common, issuer=None, algorithm=None, days=3650):
        key = new_key()
        subject = name(common, 'Test Authority')
        signer = issuer or Issuer(key, None)
        cert = (x509.CertificateBuilder().subject_name(subject)
                .issuer_name(issuer.cert.subject if issuer else subject)
                .public_key(key.public_key()).serial_number(self.serial())
                .not_valid_before(now() - DAY).not_valid_after(now() + days * DAY)
                .add_extension(x509.BasicConstraints(True, None), True)
                .add_extension(x509.KeyUsage(True, False, False, False, False, True, True, False, False), True)
                .sign(signer.key, algorithm or hashes.SHA256()))
        return Issuer(key, cert)

    def leaf(self, file, host, issuer=None, *, key='rsa2048', sans=None, start=-1, days=60, algorithm=None,
             usage=None, staple=False, ocsp_url=None, crl_url=None, chain=None, public_key=None, common=None, receipts=()):
        """FILE.pem with its chain, and FILE.key."""
        issuer = issuer or self.intermediate
        private = key if not isinstance(key, str) else new_key(key)
        builder = (x509.CertificateBuilder().subject_name(name(common or host)).issuer_name(issuer.cert.subject)
                   .public_key(public_key or private.public_key()).serial_number(self.serial())
                   .not_valid_before(now() + start * DAY).not_valid_after(now() + days * DAY))
        if sans != []:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([general_name(one) for one in sans or [host]]), False)
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), False)
        if staple:
            builder = builder.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), False)
        if ocsp_url:
            builder = builder.add_extension(x509.AuthorityInformationAccess([x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp_url))]), False)
        if crl_url:
            builder = builder.add_extension(x509.CRLDistributionPoints([x509.DistributionPoint(
                [x509.UniformResourceIdentifier(crl_url)], None, None, None)]), False)
        if receipts:
            builder = self.with_receipts(builder, issuer, receipts)
        cert = builder.sign(issuer.key, hash_for(issuer.key, algorithm or hashes.SHA256()))
        if chain is None:
            chain = [issuer.cert] if issuer is not self.root else []
        self.write(f'{file}.pem', cert, *chain)
        self.write_key(f'{file}.key', private)
        return cert

    def with_receipts(self, builder, issuer, receipts):
        """The builder with an SCT of each of (key of a log, whether it is signed by it): RFC 6962 section 3.3."""
        body = builder.sign(issuer.key, hashes.SHA256()).tbs_certificate_bytes
        entry = b'\x00\x01' + digest(spki(issuer.key)) + len(body).to_bytes(3, 'big') + body + b'\x00\x00'
        listed = b''
        for at, (key, valid) in enumerate(receipts):
            time = int((now() - DAY).replace(tzinfo=datetime.timezone.utc).timestamp() * 1000 + at).to_bytes(8, 'big')
            signer = key if valid else new_key('p256')
            signature = signer.sign(b'\x00\x00' + time + entry, ec.ECDSA(hashes.SHA256()))
            one = (b'\x00' + digest(spki(key)) + time + b'\x00\x00' + b'\x04\x03' + len(signature).to_bytes(2, 'big') + signature)
            listed += len(one).to_bytes(2, 'big') + one
        listed = len(listed).to_bytes(2, 'big') + listed
        octets = b'\x04' + (b'\x81' + bytes([len(listed)]) if len(listed) < 256 else b'\x82' + len(listed).to_bytes(2, 'big'))
        return builder.add_extension(x509.UnrecognizedExtension(
            x509.ObjectIdentifier('1.3.6.1.4.1.11129.2.4.2'), octets + listed), False)

    def self_signed(self, file, host, days=60):
        key = new_key()
        cert = (x509.CertificateBuilder().subject_name(name(host)).issuer_name(name(host))
                .public_key(key.public_key()).serial_number(self.serial())
                .not_valid_before(now() - DAY).not_valid_after(now() + days * DAY)
                .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
                .sign(key, hashes.SHA256()))
        self.write(f'{file}.pem', cert)
        self.write_key(f'{file}.key', key)
        return cert

    def write(self, file, *certs):
        (self.folder / file).write_bytes(b''.join(c.public_bytes(serialization.Encoding.PEM) for c in certs))

    def write_key(self, file, key):
        (self.folder / file).write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))

    # ---- revocation

    def crl(self, issuer, revoked, age=0, signer=None):
        builder = (x509.CertificateRevocationListBuilder().issuer_name(issuer.cert.subject)
                   .last_update(now() - DAY - age * DAY).next_update(now() + DAY - age * DAY))
        for cert in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(cert.serial_number).revocation_date(now() - DAY)
                .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), False).build())
        return builder.sign((signer or issuer).key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def ocsp(self, cert, issuer, revoked, age=0, forged=False, nonce=None):
        """The bytes of an answer about one certificate."""
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=cert, issuer=issuer.cert, algorithm=hashes.SHA1(),
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=now() - age * DAY - DAY, next_update=now() + DAY - age * DAY,
            revocation_time=now() - DAY if revoked else None,
            revocation_reason=x509.ReasonFlags.key_compromise if revoked else None)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.cert)
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), False)
        der = builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        return der[:-1] + bytes([der[-1] ^ 1]) if forged else der


class Web:
    """An HTTP server that answers by path: answers[path](body) gives bytes, or None for a 500."""

    def __init__(self, address, port=80):
        self.answers, self.asked = {}, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def reply(self):
                size = int(self.headers.get('Content-Length') or 0)
                body = self.rfile.read(size)
                outer.asked.append(self.path)
                answer = outer.answers.get('/' + self.path.split('/')[1].split('?')[0])
                content = answer(body) if answer else None
                self.send_response(200 if content is not None else 500)
                self.send_header('Content-Type', 'application/pkix-crl' if 'list' in self.path else 'application/ocsp-response')
                self.send_header('Content-Length', str(len(content or b'')))
                self.end_headers()
                self.wfile.write(content or b'')

            do_GET = do_POST = reply

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer((address, port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class TlsServer(Mock):
    """A web server on one address with one certificate, and no more than an answer to everything."""

    def __init__(self, folder, file, address, port, headers='', oldest=ssl.TLSVersion.TLSv1_2):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.set_ciphers('ALL:@SECLEVEL=0')
        self.context.minimum_version = oldest
        self.context.load_cert_chain(folder / f'{file}.pem', folder / f'{file}.key')
        self.answer = f'HTTP/1.1 200 OK\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n'.encode()
        super().__init__(address, port, self.speak)

    def speak(self, connection):
        connection.settimeout(10)
        with self.context.wrap_socket(connection, server_side=True) as tls:
            if tls.recv(4096):
                tls.sendall(self.answer)


SERVER_AUTH, CLIENT_AUTH = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
