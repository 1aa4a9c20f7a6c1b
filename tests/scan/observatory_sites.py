"""Sites that differ in their security headers, made with a fixed seed, and the one small server that shows them all.

A site is a loopback address of its own, 127.85.N.N, and a name under example.net.
"""
import asyncio
import random
import ssl
import threading
from dataclasses import dataclass, field

SEED = 85
COUNT = 240
ORIGIN = 'https://origin.invalid'
ECHO = 'whoever asks'

CSP = [
    None, None, "default-src 'none'", "default-src 'none'; form-action 'none'; frame-ancestors 'none'",
    "default-src 'self'", "default-src 'self'; frame-ancestors 'self'", "default-src https:", "script-src 'self'",
    "script-src 'self'; object-src 'none'", "default-src 'self' 'unsafe-inline'", "default-src 'self'; script-src 'unsafe-eval'",
    "default-src 'self'; style-src 'self' 'unsafe-inline'", "default-src 'self'; style-src https:",
    "default-src 'self'; img-src http:", "default-src 'self'; img-src http://pictures.example.org",
    "default-src 'self'; media-src ftp://films.example.org", "default-src 'self'; connect-src http://api.example.org",
    "default-src 'self'; script-src 'self' http://cdn.example.org", "default-src *", "img-src 'self'", "frame-ancestors 'none'",
    "default-src 'self'; script-src 'nonce-abc' 'unsafe-inline'; object-src 'none'",
    "script-src 'sha256-abc=' 'unsafe-inline' 'strict-dynamic' https: http:; object-src 'none'; base-uri 'none'",
    "script-src 'strict-dynamic' 'self'; object-src 'none'", "default-src 'nonce-abc' 'strict-dynamic' https: 'unsafe-inline'",
    "default-src 'self'; default-src 'none'", "default-src 'self'; report-uri /a; report-uri /b",
    "default-src 'self'; report-to a; REPORT-TO b; script-src 'unsafe-eval'", "DEFAULT-SRC 'NONE'; Script-Src 'SELF'",
    "default-src", "script-src; object-src", "default-src 'self' data:", "default-src 'self'; object-src data:",
    "default-src 'self'; script-src 'self' data:", ";;;;;;;;", "x", "upgrade-insecure-requests", "  default-src   'self'  ;  ;",
    "default-src 'self'; object-src *", "default-src 'self'; script-src https://*; object-src 'none'",
    "default-src 'self'; script-src https://*.example.org https://a/ https://a/b", "default-src 'self'; frame-ancestors *",
    "default-src 'none'; img-src http:; style-src 'unsafe-inline'", "default-src 'none' 'unsafe-inline'; script-src 'none'",
]
HSTS = [None, 'max-age=31536000', 'max-age=63072000; includeSubDomains; preload', 'max-age=15552000', 'max-age=15551999',
        'max-age=0', 'MAX-AGE=31536000 ; INCLUDESUBDOMAINS', 'includeSubDomains', '', 'max-age=31536000, max-age=0',
        'max-age=soon']
FRAMES = [None, 'DENY', 'sameorigin', ' SAMEORIGIN ', 'ALLOW-FROM https://example.org/', 'ALLOWALL', 'deny, deny', '']
SNIFF = [None, 'nosniff', 'NoSniff', 'sniff', 'nosniff, nosniff']
REFERRER = [None, 'no-referrer', 'same-origin', 'strict-origin', 'strict-origin-when-cross-origin', 'origin', 'unsafe-url',
            'no-referrer-when-downgrade', 'no-referrer, unsafe-url', 'unsafe-url, Same-Origin', 'nonsense', '']
CORP = [None, None, 'same-origin', 'same-site', 'cross-origin', 'Same-Site', 'none']
COEP = [None] * 16 + ['require-corp', 'credentialless', 'unsafe-none', '"require-corp"']
COOP = [None] * 16 + ['same-origin', 'same-origin-allow-popups; report-to="a"', 'unsafe-none', 'nothing']
CORS = [{}] * 6 + [{'Access-Control-Allow-Origin': '*'}, {'Access-Control-Allow-Origin': 'https://partner.example.org'},
        {'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Credentials': 'true'},
        {'Access-Control-Allow-Origin': ECHO, 'Access-Control-Allow-Credentials': 'true'}]
COOKIES = [
    'session=1; Secure; HttpOnly; SameSite=Lax', 'theme=dark; Secure; SameSite=Strict', 'theme=dark; Secure', 'theme=dark',
    'PHPSESSID=1; HttpOnly', 'PHPSESSID=1; Secure', 'PHPSESSID=1', 'csrftoken=1; Secure', 'csrftoken=1; Secure; SameSite=Lax',
    'a=1; SameSite=None', 'a=1; Secure; SameSite=None', 'a=1; Secure; SameSite=Sometimes', 'a=1; SameSite; Secure',
    '__Host-id=1; Secure; Path=/; SameSite=Lax', '__Host-id=1; Secure; SameSite=Lax', '__Secure-id=1', 'login=1; Secure; HttpOnly',
    'heroku-session-affinity=1', 'far=1; Domain=example.org', 'near=1; Domain=example.net; Secure', 'nonsense', '=1',
    'old=; Max-Age=0; Secure', 'secure_httponly=1; Path=/x',
]
SCRIPTS = [
    '<script>1</script>', '<script src="/a.js"></script>', '<script src="a.js" integrity="sha384-abc"></script>',
    '<script src="https://static.example.net/a.js"></script>', '<script src="https://cdn.example.org/a.js"></script>',
    '<script src="https://cdn.example.org/a.js" integrity="sha384-abc" crossorigin></script>',
    '<script src="http://cdn.example.org/a.js"></script>', '<script src="http://cdn.example.org/a.js" integrity="sha256-a"></script>',
    '<script src="//cdn.example.org/a.js"></script>', '<SCRIPT SRC=//cdn.example.org/a.js INTEGRITY=sha384-abc></SCRIPT>',
    '<!-- <script src="http://cdn.example.org/a.js"></script> -->', '<script src="http://static.example.net/a.js"></script>',
    '<script src=""></script>', '<noscript><p>no scripts</p></noscript>', '<script src="data:text/javascript,1"></script>',
    "<script>'<script src=\"http://cdn.example.org/a.js\">'</script>",
]
METAS = [
    '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'">', '<meta name="referrer" content="no-referrer">',
    '<meta http-equiv=content-security-policy content="script-src \'none\'; object-src \'none\'">',
    '<meta name="Referrer" content="unsafe-url">', '<meta http-equiv="Content-Security-Policy" content="frame-ancestors \'none\'">',
    '<meta name="referrer" content="">', '<meta charset="utf-8">',
]
TYPES = ['text/html'] * 8 + ['text/html; charset=utf-8', 'application/xhtml+xml', 'text/plain', 'application/json', None]
MOVED = [''] * 8 + ['/home', 'https://www.example.net/', 'home?a=b#c']
HTTP = ['https'] * 6 + ['none', 'page', 'www', 'twice', 'http', 'relative']


@dataclass
class Site:
    host: str
    address: str
    http: str = 'https'
    certificate: str = 'good'  # or 'bad', or 'none': nothing answers on 443
    headers: list = field(default_factory=list)
    cors: dict = field(default_factory=dict)
    body: str = ''
    moved: str = ''  # where / leads over https

    def values(self, name):
        return [v for k, v in self.headers if k == name]

    def answer(self, secure, method, path, origin):
        """(status, headers, body)"""
        cors = [(k, origin if v == ECHO else v) for k, v in self.cors.items()]
        where = self.redirect(path) if not secure else self.moved if path == '/' else None
        if method == 'OPTIONS':
            return 204, cors, ''
        if where:
            return 301, [('Location', where)], ''
        return 200, self.headers + cors, self.body

    def redirect(self, path):
        first = {'https': f'https://{self.host}/', 'www': 'https://www.example.net/', 'twice': '/again', 'http': '/again',
                 'relative': f'//{self.host}/again', 'none': None, 'page': None}[self.http]
        return f'https://{self.host}/' if path == '/again' and self.http == 'twice' else first if path == '/' else None


def page(rng):
    parts = rng.sample(METAS, rng.choice([0, 0, 0, 1, 2])), rng.sample(SCRIPTS, rng.choice([0, 0, 1, 1, 2, 3]))
    return f'<!doctype html><html><head>{"".join(parts[0])}</head><body>{"".join(parts[1])}</body></html>'


def one(rng, number):
    good = rng.random() < 0.5  # half of them are good in most respects, so that bonuses count, too

    def pick(pool, best):
        return rng.choice(best if good and rng.random() < 0.9 else pool)
    headers = [
        ('Content-Security-Policy', pick(CSP, [CSP[3], CSP[5], CSP[8], CSP[11]])),
        ('Strict-Transport-Security', pick(HSTS, HSTS[1:4])),
        ('X-Frame-Options', pick(FRAMES, ['DENY', 'SAMEORIGIN'])),
        ('X-Content-Type-Options', pick(SNIFF, ['nosniff'])),
        ('Referrer-Policy', pick(REFERRER, REFERRER[:5])),
        ('Cross-Origin-Resource-Policy', pick(CORP, CORP[:4])),
        ('Cross-Origin-Embedder-Policy', rng.choice(COEP)),
        ('Cross-Origin-Opener-Policy', rng.choice(COOP)),
        ('Content-Type', rng.choice(TYPES)),
    ]
    if rng.random() < 0.05:
        headers.append(('Content-Security-Policy', "default-src 'self'"))
    if headers[0][1] is None and rng.random() < 0.3:
        headers.append(('Content-Security-Policy-Report-Only', "default-src 'self'"))
    cookies = rng.sample(COOKIES[:2] if good and rng.random() < 0.9 else COOKIES, rng.choice([0, 0, 1, 2]))
    headers += [('Set-Cookie', cookie) for cookie in cookies]
    return Site(f's{number:03}.example.net', f'127.85.{1 + number // 200}.{1 + number % 200}',
                http=pick(HTTP, ['https']), certificate='good' if good else rng.choice(['good'] * 8 + ['bad', 'none']),
                headers=[(k, v) for k, v in headers if v is not None], cors=rng.choice(CORS), body=page(rng),
                moved=rng.choice(MOVED))


def generate():
    rng = random.Random(SEED)
    sites = [one(rng, number) for number in range(COUNT)]
    for site in sites:
        if site.certificate == 'none' and site.http in ('none', 'https', 'www', 'twice'):
            site.http = 'page'
        if site.certificate == 'bad':  # the package asks on with another client then, and mixes the answers up
            site.moved = ''
    return sites


WWW = Site('www.example.net', '127.85.0.80', headers=[('Content-Type', 'text/html')], body='<title>www</title>')
# What the package's own client cannot hand to its tests: several headers of one kind, and a reflected origin.
SEVERAL = [
    ["default-src 'self'", "script-src 'self'"], ["default-src *", "default-src 'self'"], ["default-src 'self'", "default-src *"],
    ["script-src 'unsafe-inline' 'self'; object-src 'none'", "script-src 'self'; object-src 'none'"],
    ["script-src 'unsafe-inline'; object-src 'none'", "script-src 'unsafe-inline'; object-src 'none'"],
    ["default-src https://a.example.org/", "default-src https://a.example.org/x https://b.example.org"],
    ["default-src 'none'", "default-src 'none'; frame-ancestors 'none'"], ["default-src 'self'", "x"],
    ["default-src 'self'; img-src http:", "img-src http:", "img-src http: https:"],
    ["default-src 'self'", "default-src 'self'; report-uri /a; report-uri /b"],
    ["script-src 'nonce-a' 'strict-dynamic'; object-src 'none'", "script-src 'strict-dynamic'; object-src 'none'"],
]


def several():
    return [Site(f'm{number:03}.example.net', f'127.85.10.{number + 1}', cors={'Access-Control-Allow-Origin': ORIGIN,
                                                                             'Access-Control-Allow-Credentials': 'true'},
                 headers=[('Content-Type', 'text/html'), *(('Content-Security-Policy', p) for p in policies)])
            for number, policies in enumerate(SEVERAL)]


class Server:
    """All sites, on one thread."""

    def __init__(self, sites, folder):
        self.sites, self.folder = sites, folder
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), self.loop).result(60)

    def context(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f'{name}.pem', self.folder / f'{name}.key')
        return context

    async def start(self):
        contexts = {name: self.context(name) for name in ('wild', 'stranger')}
        for site in self.sites:
            if site.http != 'none':
                await self.listen(site, 80, None)
            if site.certificate != 'none':
                await self.listen(site, 443, contexts['wild' if site.certificate == 'good' else 'stranger'])

    async def listen(self, site, port, context):
        async def serve(reader, writer):
            await self.serve(site, context is not None, reader, writer)
        await asyncio.start_server(serve, site.address, port, ssl=context, backlog=64)

    async def serve(self, site, secure, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b'\r\n\r\n')).decode('latin-1')
                method, path, _ = head.split(' ', 2)
                origin = next((line[7:].strip() for line in head.splitlines() if line.lower().startswith('origin:')), '')
                status, headers, body = site.answer(secure, method, path, origin)
                lines = [f'HTTP/1.1 {status} x', *(f'{k}: {v}' for k, v in headers), f'Content-Length: {len(body.encode())}']
                writer.write('\r\n'.join([*lines, '', body]).encode())
                await writer.drain()
                if 'connection: close' in head.lower():
                    break
        except (asyncio.IncompleteReadError, OSError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def end(self):
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self):
        asyncio.run_coroutine_threadsafe(self.end(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
