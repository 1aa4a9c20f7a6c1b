// An OpenID Connect provider for the tests, on loopback:
//
//     node oidc-provider.mjs PORT SETTINGS.json
//
// SETTINGS holds {clients, accounts: {login: claims}, keys: {keys: [JWK]}}. It
// is read again for each sign-in, so that a test can change what is said of
// somebody. Whoever signs in types a login and any password.
import { readFileSync } from 'node:fs';
import Provider from 'oidc-provider';

const [port, file] = process.argv.slice(2);
const settings = () => JSON.parse(readFileSync(file, 'utf8'));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: settings().clients,
  jwks: settings().keys,
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name'],
    groups: ['groups'],
  },
  scopes: ['openid', 'email', 'profile', 'groups'],
  conformIdTokenClaims: false,
  pkce: { required: () => true, methods: ['S256'] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, login) => ({
    accountId: login,
    claims: () => ({ sub: login, ...settings().accounts[login] }),
  }),
  cookies: { keys: ['for the tests only'] },
});

provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
