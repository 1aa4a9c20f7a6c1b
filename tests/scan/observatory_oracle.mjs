// Runs the MDN HTTP Observatory's own scanner on the sites of the test.
//
//   node observatory_oracle.mjs PACKAGE < {"addresses": {HOST: ADDRESS}} > {HOST: {score, grade, tests}}
//
// Names are resolved from the map alone, and the list of preloaded hosts, which the package would fetch when it is
// installed, is empty: nothing leaves this machine. `direct` calls two of its tests with what its own client cannot
// hand them: several policies as several headers, and the Origin that was sent.
import dns from 'node:dns';
import fs from 'node:fs';

const input = JSON.parse(fs.readFileSync(0, 'utf8'));
const read = fs.readFileSync;

fs.readFileSync = (path, ...rest) => (String(path).endsWith('hsts-preload.json') ? '{}' : read(path, ...rest));
dns.lookup = (host, options, callback) => {
  const done = callback ?? options;
  const address = input.addresses[host];

  if (!address) done(Object.assign(new Error(`no such host: ${host}`), { code: 'ENOTFOUND' }));
  else if (options?.all) done(null, [{ address, family: 4 }]);
  else done(null, address, 4);
};

const source = `${process.argv[2]}/src`;
const { scan } = await import(`${source}/scanner/index.js`);
const { contentSecurityPolicyTest } = await import(`${source}/analyzer/tests/csp.js`);
const { crossOriginResourceSharingTest } = await import(`${source}/analyzer/tests/cors.js`);
const { xFrameOptionsTest } = await import(`${source}/analyzer/tests/x-frame-options.js`);

async function full(host) {
  const { scan: sum, tests } = await scan(host);
  const short = Object.entries(tests).map(([name, test]) => [name, { result: test.result, modifier: test.scoreModifier }]);

  return { score: sum.score, grade: sum.grade, tests: Object.fromEntries(short) };
}

function direct(site) {
  const headers = { 'content-security-policy': site.policies, 'x-frame-options': site.frames };
  const requests = {
    session: { url: new URL(`https://${site.host}/`) },
    responses: {
      auto: { headers: { ...headers, get: () => null }, httpEquiv: new Map([['content-security-policy', site.metas]]) },
      cors: { headers: site.cors, request: { headers: { origin: site.origin } } },
    },
  };

  return {
    'content-security-policy': contentSecurityPolicyTest(requests).result,
    'cross-origin-resource-sharing': crossOriginResourceSharingTest(requests).result,
    'x-frame-options': xFrameOptionsTest(requests).result,
  };
}

const hosts = [...input.hosts];
const results = {};

async function worker() {
  for (let host = hosts.pop(); host; host = hosts.pop())
    results[host] = await full(host).catch((error) => ({ error: error.message }));
}

await Promise.all(Array.from({ length: 8 }, worker));
const answer = { full: results, direct: Object.fromEntries(input.direct.map((site) => [site.host, direct(site)])) };

process.stdout.write(JSON.stringify(answer), () => process.exit(0)); // its timers would hold it
