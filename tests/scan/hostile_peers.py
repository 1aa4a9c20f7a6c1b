"""Peers that want to hold the scanner up or break it, a few lines each: `serve(connection)`. A table of them is CASES."""
import gzip
import socket
import ssl
import struct
import time
import zlib

RESET = struct.pack('ii', 1, 0)  # SO_LINGER: close() sends RST
HEAD = b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n'
PAGE = b'<!doctype html><title>page</title>'


def silent(connection):
    """A tar pit: takes the connection and says nothing."""
    while connection.recv(4096):
        pass


def says(text, then=silent):
    """Says this at once, whoever comes."""
    def serve(connection):
        connection.sendall(text)
        then(connection)
    return serve


def answers(text, then=silent):
    """Says this to whoever asked something."""
    def serve(connection):
        connection.recv(4096)
        connection.sendall(text)
        then(connection)
    return serve


def for_ever(text):
    def serve(connection):
        while True:
            connection.sendall(text)
    return serve


def drips(first, text, asked, seconds=1):
    """`first` at once, then `text` byte by byte, again and again."""
    def serve(connection):
        if asked:
            connection.recv(4096)
        connection.sendall(first)
        while True:
            for byte in text:
                connection.sendall(bytes([byte]))
                time.sleep(seconds)
    return serve


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def reset_after_a_byte(connection):
    connection.recv(1)
    reset(connection)


def close(_connection):
    pass


def http(fields=b'', body=b'', then=close):
    """A whole head, and what comes after it."""
    return answers(HEAD + fields + b'\r\n' + body, then)


def redirects(choose):
    """To where `choose(path)` says."""
    def serve(connection):
        request = connection.recv(4096).split(b' ')
        path = request[1] if len(request) > 1 else b'/'
        connection.sendall(b'HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: ' + choose(path) + b'\r\n\r\n')
    return serve


def tls(certificate, serve):
    """The same peer behind a handshake that is in order."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f'{certificate}.pem', f'{certificate}.key')

    def wrapped(connection):
        inner = context.wrap_socket(connection.dup(), server_side=True)
        try:
            serve(inner)
        finally:
            # wrap_socket() took the copy; what is closed without ceremony here is the copy too.
            inner.close()
    return wrapped


def dialogue(*lines, then=silent):
    """One line of ours for each of theirs, the first unasked."""
    def serve(connection):
        for number, line in enumerate(lines):
            if number and not connection.recv(4096):
                return
            connection.sendall(line)
        then(connection)
    return serve


# ---- bodies

def zeros(packer, megabytes=300):
    return b''.join([packer.compress(bytes(1 << 20)) for _ in range(megabytes)]) + packer.flush()


def bomb():
    """300 MB in gzip."""
    return zeros(zlib.compressobj(9, wbits=31))


def bombs():
    """{Content-Encoding: body}"""
    one = bomb()
    return {b'gzip': one, b'deflate': zeros(zlib.compressobj(9, wbits=15)), b'gzip, gzip': gzip.compress(one),
            b'deflate, deflate, deflate': zlib.compress(zlib.compress(zeros(zlib.compressobj(9, wbits=15))))}


# ---- the protocols: port, whether the peer is asked first, how an answer of it begins

PROTOCOLS = [
    ('HTTP', 80, True, b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n'), ('TLS', 443, True, b'\x16\x03\x03\x20\x00\x02\x00\x1f\xfc\x03\x03'),
    ('SSH', 22, False, b'SSH-2.0-OpenSSH_9.6\r\n'), ('SMTP', 25, False, b'220 mail.example.net ESMTP\r\n'),
    ('submission', 587, False, b'220 mail.example.net ESMTP\r\n'), ('IMAP', 143, False, b'* OK IMAP4rev1 ready\r\n'),
    ('POP3', 110, False, b'+OK POP3 ready\r\n'), ('FTP', 21, False, b'220 FTP ready\r\n'), ('Telnet', 23, False, b'\xff\xfd\x18\xff\xfd\x20'),
    ('DNS', 53, True, b'\x20\x00\x12\x34\x81\x80\x00\x01'), ('LDAP', 389, True, b'\x30\x84\x00\x00\x20\x00\x02\x01\x01\x61'),
    ('SMB', 445, True, b'\x00\x00\x20\x00\xfeSMB\x40\x00'), ('NetBIOS', 139, True, b'\x82\x00\x20\x00'),
    ('RDP', 3389, True, b'\x03\x00\x20\x00\x0e\xd0\x00\x00\x12\x34\x00'), ('PostgreSQL', 5432, True, b'E\x00\x00\x20\x00SFATAL\x00'),
    ('MySQL', 3306, False, b'\x00\x20\x00\x00\x0a8.0.36\x00'), ('Redis', 6379, True, b'-ERR unknown command\r\n'),
    ('MongoDB', 27017, True, b'\x00\x20\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\xdd\x07\x00\x00'), ('memcached', 11211, True, b'VERSION 1.6.18\r\n'),
    ('VNC', 5900, False, b'RFB 003.008\n'), ('X11', 6000, True, b'\x01\x00\x0b\x00\x00\x00\x20\x00'), ('MQTT', 1883, True, b'\x20\x7f\x00\x00'),
    ('AMQP', 5672, True, b'\x01\x00\x00\x00\x00\x20\x00\x00\x0a\x00\x0a'), ('Elasticsearch', 9200, True, b'HTTP/1.1 200 OK\r\n'),
    ('Docker', 2375, True, b'HTTP/1.1 200 OK\r\n'), ('portmap', 111, True, b'\x80\x00\x20\x00'), ('MSRPC', 135, True, b'\x05\x00\x0c\x03\x10\x00\x00\x00\x00\x20'),
    ('SQL Server', 1433, True, b'\x04\x01\x20\x00\x00\x00\x01\x00'), ('Oracle', 1521, True, b'\x20\x00\x00\x00\x04\x00\x00\x00'),
    ('Modbus', 502, True, b'\x00\x00\x00\x00\x00\xff\x01\x2b'), ('S7', 102, True, b'\x03\x00\x20\x00\x11\xd0'), ('RTSP', 554, True, b'RTSP/1.0 200 OK\r\n'),
    ('rsync', 873, False, b'@RSYNCD: 31.0\n'), ('SOCKS', 1080, True, b'\x05'), ('NFS', 2049, True, b'\x80\x00\x20\x00'),
    ('ZooKeeper', 2181, True, b'Zookeeper version: 3.8.1'), ('SIP', 5060, True, b'SIP/2.0 200 OK\r\n'), ('XMPP', 5222, True, b'<?xml version="1.0"?>'),
    ('AJP', 8009, True, b'AB\x20\x00'), ('Cassandra', 9042, True, b'\x84\x00\x00\x00\x06\x00\x00\x20\x00'), ('SMTP over TLS', 465, True, b'\x16\x03\x03\x20\x00\x02'),
    ('IMAP over TLS', 993, True, b'\x16\x03\x03\x20\x00\x02'), ('PPTP', 1723, True, b'\x00\x9c\x00\x01'), ('CouchDB', 5984, True, b'HTTP/1.1 200 OK\r\n'),
]


# What may be found: nothing, what is true of a page without a header, or checks by name.
NONE, WEB = '', 'web'


def cases(folder):
    """Rows of name, port, serve, and what may be found; `folder` has hostile.pem and hostile.key."""
    certificate = folder / 'hostile'
    half_hello = b'\x16\x03\x03\x00\x5a\x02\x00\x00\x56\x03\x03' + bytes(range(20))
    table = [(f'{name} drips', port, drips(b'', text * 4, asked), NONE) for name, port, asked, text in PROTOCOLS]
    table += [(f'{name} is silent', port, silent, NONE) for name, port, _, _ in PROTOCOLS]
    table += [(f'{name} garbles', port, says(bytes(range(256)) * 64), NONE) for name, port, _, _ in PROTOCOLS]
    table += [
        # the stages of a connection
        ('closes at once', 22, close, NONE),
        ('closes at once, web', 80, close, NONE),
        ('closes at once, TLS', 443, close, NONE),
        ('resets at once', 80, reset, NONE),
        ('resets after the first byte', 443, reset_after_a_byte, NONE),
        ('resets in the hello', 443, answers(half_hello, reset), NONE),
        ('resets after an alert', 443, answers(b'\x15\x03\x03\x00\x02\x02\x28', reset), NONE),
        ('resets after the status line', 80, answers(b'HTTP/1.1 200 OK\r\n', reset), NONE),
        ('resets in the body', 80, http(b'Content-Length: 5000\r\n', PAGE, reset), WEB),
        ('resets after the SMTP greeting', 25, says(b'220 mail.example.net ESMTP\r\n', reset), NONE),
        ('resets after EHLO', 25, dialogue(b'220 mail.example.net ESMTP\r\n', b'250 mail.example.net\r\n', then=reset), 'starttls_missing'),
        ('resets after STARTTLS', 143, dialogue(b'* OK IMAP4rev1\r\n', b'* CAPABILITY IMAP4rev1 STARTTLS\r\n1 OK\r\n', b'1 OK go\r\n', then=reset), 'starttls_clear_login'),
        ('resets the FTP login', 21, dialogue(b'220 FTP ready\r\n', b'331 name?\r\n', then=reset), NONE),
        ('resets after the SSH version', 22, says(b'SSH-2.0-OpenSSH_9.6\r\n', reset), NONE),
        # TLS that is none
        ('garbage instead of a hello', 443, answers(bytes(range(256)) * 64), NONE),
        ('a record too long', 8443, answers(b'\x16\x03\x03\xff\xff' + b'\x02' * 100), NONE),
        ('records without end', 443, answers(b'', for_ever(b'\x16\x03\x03\x00\x10' + bytes(16))), NONE),
        ('a hello without end', 443, answers(b'\x16\x03\x03\x40\x00\x02\xff\xff\xff', for_ever(b'\x00' * 16384)), NONE),
        ('alerts without end', 443, answers(b'', for_ever(b'\x15\x03\x03\x00\x02\x01\x00')), NONE),
        # HTTP without end
        ('header fields without end', 80, answers(b'HTTP/1.1 200 OK\r\n', for_ever(b'X-Filler: ' + b'a' * 1000 + b'\r\n')), NONE),
        ('empty header lines of blanks', 80, answers(b'HTTP/1.1 200 OK\r\n', for_ever(b'a: \r\n')), NONE),
        ('a status line without end', 80, answers(b'HTTP/1.1 200 ', for_ever(b'a' * 65536)), NONE),
        ('a body without end', 8080, http(then=for_ever(b'a' * 65536)), WEB),
        ('interim answers without end', 80, answers(b'', for_ever(b'HTTP/1.1 100 Continue\r\n\r\n')), NONE),
        ('4 GB by length', 80, http(b'Content-Length: 4294967296\r\n', then=for_ever(b'a' * 65536)), WEB),
        ('more than any length', 80, http(b'Content-Length: 99999999999999999999999999\r\n', then=for_ever(b'a' * 65536)), WEB),
        ('4 GB in one chunk', 80, http(b'Transfer-Encoding: chunked\r\n', b'FFFFFFFF\r\n', for_ever(b'a' * 65536)), WEB),
        ('4 GB in many chunks', 80, http(b'Transfer-Encoding: chunked\r\n', then=for_ever(b'10000\r\n' + b'a' * 65536 + b'\r\n')), WEB),
        ('chunks of one byte', 80, http(b'Transfer-Encoding: chunked\r\n', then=for_ever(b'1\r\na\r\n' * 1000)), WEB),
        ('a chunk size without end', 80, http(b'Transfer-Encoding: chunked\r\n', then=for_ever(b'0' * 65536)), WEB),
        ('a body that drips', 80, drips(HEAD + b'\r\n', PAGE, True), WEB),
        ('a body that drips behind TLS', 443, tls(certificate, drips(HEAD + b'\r\n', PAGE, True)), WEB),
        ('header fields that drip behind TLS', 443, tls(certificate, drips(HEAD, b'X-A: b\r\n', True)), NONE),
        ('a body without end behind TLS', 443, tls(certificate, http(then=for_ever(b'a' * 65536))), WEB),
        ('silence behind TLS', 443, tls(certificate, silent), NONE),
        ('a close behind TLS', 443, tls(certificate, close), NONE),
        # redirects
        ('redirects to itself', 80, redirects(lambda path: path), WEB),
        ('redirects in a ring', 80, redirects(lambda path: {b'/': b'/a', b'/a': b'/b'}.get(path, b'/')), WEB),
        ('redirects for ever', 80, redirects(lambda path: path[:200] + b'a'), WEB),
        ('redirects to a name without end', 80, redirects(lambda path: b'http://' + b'a' * 6000 + b'/'), WEB),
        ('redirects behind TLS in a ring', 443, tls(certificate, redirects(lambda path: path + b'/')), WEB),
        # more than anybody asked for
        ('a banner without end', 22, says(b'SSH-2.0-', for_ever(b'a' * 65536)), NONE),
        ('lines before the SSH version without end', 22, says(b'', for_ever(b'hello\r\n' * 100)), NONE),
        ('a greeting of lines without end', 25, says(b'', for_ever(b'220-hello\r\n' * 100)), NONE),
        ('a list of capabilities without end', 143, dialogue(b'* OK IMAP4rev1\r\n', b'* CAPABILITY', then=for_ever(b' AUTH=PLAIN' * 100)), NONE),
        ('FTP features without end', 21, dialogue(b'220 FTP ready\r\n', b'211-\r\n', then=for_ever(b' MDTM\r\n' * 100)), NONE),
        ('megabytes first', 22, says(b'A' * (8 << 20)), NONE),
        ('megabytes first, web', 80, says(b'\0' * (8 << 20)), NONE),
        ('megabytes first, TLS', 443, says(b'\xff' * (8 << 20)), NONE),
        ('megabytes first, Redis', 6379, says(b'+' * (8 << 20)), NONE),
        ('megabytes first, SMB', 445, says(b'\xfeSMB' * (2 << 20)), NONE),
        ('megabytes first, MongoDB', 27017, says(struct.pack('<I', 0x7fffffff) * (2 << 20)), NONE),
        ('megabytes first, LDAP', 389, says(b'\x30\x84\x7f\xff\xff\xff' * (1 << 20)), NONE),
        ('megabytes first, PostgreSQL', 5432, says(b'S' * (8 << 20)), NONE),
        ('megabytes first, MySQL', 3306, says(b'\xff\xff\xff\x00' * (2 << 20)), NONE),
    ]
    table += [(f'a bomb in {coding.decode()}', 80, http(b'Content-Encoding: ' + coding + b'\r\n', body), WEB) for coding, body in bombs().items()]
    return table
