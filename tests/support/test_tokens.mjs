// Tokens of users for a server with USE_TEST_TOKENS=1: any subject, without a key file to be read again.
import { createHmac } from 'node:crypto';

const audience = 'tests';
const secret = 'a secret of the tests, of thirty-two bytes and more';

/** What a server is started with to take them. */
export const testTokens = { USE_TEST_TOKENS: '1', GOOGLE_CLIENT_ID: audience, HOLDFAST_TEST_TOKEN_SECRET: secret };

export function tokenOf(sub) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iss: 'test_issuer', aud: audience, sub, iat: now, exp: now + 3600 })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
