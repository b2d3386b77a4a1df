/** Credentials from servers that fail at first, as a container's agent and AWS's service of tokens may. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { s3Credentials } from '../../../src/objects/requests/s3-requests.js';

let server: Server;
let url: string;
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // The chain of credential providers reads these variables: keep it from this machine's user and cloud.
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
  for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])
    vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const says = (status: number, text: string) => (response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'text/xml' }).end(text);
};

it("s3Credentials asks a container's agent again that has failed", async () => {
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${url}/v1/credentials`);
  const credentials = s3Credentials(process.env);
  answer = says(503, 'not yet');
  await expect(credentials()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message:
      'credentials cannot be had: the server in AWS_CONTAINER_CREDENTIALS_FULL_URI gives none',
  });
  const Expiration = new Date(Date.now() + 3_600_000).toISOString();
  const keys = { AccessKeyId: 'A', SecretAccessKey: 'B', Token: 'C', Expiration };
  answer = (response) => response.end(JSON.stringify(keys));
  expect(await credentials()).toMatchObject({ accessKeyId: 'A', sessionToken: 'C' });
}, 30_000);

it.each([
  [503, 'Busy', 'UNAVAILABLE'],
  [400, 'Throttling', 'UNAVAILABLE'],
  [403, 'AccessDenied', 'PERMISSION_DENIED'],
])(
  's3Credentials with a web identity: after %s %s, %s',
  async (status, word, code) => {
    const folder = mkdtempSync(join(tmpdir(), 'lyceum-token-'));
    const file = join(folder, 'token');
    writeFileSync(file, 'token');
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', file);
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/reader');
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ENDPOINT_URL_STS', url);
    const error = `<Error><Type>Sender</Type><Code>${word}</Code><Message>said</Message></Error>`;
    answer = says(status, `<ErrorResponse>${error}</ErrorResponse>`);
    try {
      await expect(s3Credentials(process.env)()).rejects.toMatchObject({ code });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  30_000,
);
