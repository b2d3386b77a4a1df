/**
 * Models served with mutual TLS, over gRPC and HTTPS, to clients with a certificate of the authority and without one.
 */
import { request } from 'node:https';
import {
  call,
  connectInference,
  createLogger,
  type TlsIdentity,
  type TlsMaterial,
} from '@lyceum/platform';
import { createAuthority, issueCertificate, validFor } from '@lyceum/platform/certificates';
import { ModelInferRequest } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InferenceDesk } from '../src/serving/inference-desk.js';
import { InferenceServers } from '../src/serving/inference-servers.js';

const log = createLogger({ name: 'test', level: 'silent' });
const VALIDITY = validFor(1, Date.now());

let identity: TlsIdentity;
let servers: InferenceServers;
let desk: InferenceDesk;
let asked = 0;

beforeAll(async () => {
  const authority = await createAuthority('test', VALIDITY);
  const subject = { name: 'worker', hosts: ['127.0.0.1'] };
  identity = {
    ca: authority.certificate,
    ...(await issueCertificate(authority, subject, VALIDITY)),
  };
  const one = {
    engine: 'arithmetic',
    inputShape: [1],
    classCount: 2,
    infer: async () => {
      asked++;
      return Float32Array.of(1, 2);
    },
  };
  desk = new InferenceDesk({
    find: (name) => (name === 'one' ? one : undefined),
    names: () => ['one'],
    ready: () => true,
    version: '0.1.0',
  });
  const [grpc, http] = ['127.0.0.1:0', '127.0.0.1:0'];
  servers = await InferenceServers.start(desk, { grpc, http, insecure: false, tls: identity }, log);
});
afterAll(() => servers.stop(0));

async function overGrpc(tls: TlsMaterial): Promise<unknown> {
  const client = connectInference(servers.addresses.inference ?? '', tls);
  const inputs = [
    { name: 'input', datatype: 'FP32', shape: [1, 1], contents: { fp32Contents: [1] } },
  ];
  const question = ModelInferRequest.fromPartial({ modelName: 'one', inputs });
  try {
    return await call(client, client.modelInfer, question, { deadlineMs: 10_000 });
  } finally {
    client.close();
  }
}

/** @returns the status. */
function overHttps({ ca, certificate: cert, key }: TlsMaterial): Promise<number | undefined> {
  const body = { inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 1], data: [1] }] };
  const url = `https://${servers.addresses.inferenceHttp}/v2/models/one/infer`;
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', agent: false, ca, cert, key }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end(JSON.stringify(body));
  });
}

test('a client with a certificate of the authority is answered over gRPC and HTTPS', async () => {
  asked = 0;
  await overGrpc(identity);
  expect(await overHttps(identity)).toBe(200);
  expect(asked).toBe(2);
});

test.each([
  ['gRPC', overGrpc],
  ['HTTPS', overHttps],
])('over %s a client without a certificate never reaches a model', async (_, ask) => {
  asked = 0;
  await expect(ask({ ca: identity.ca })).rejects.toThrow();
  expect(asked).toBe(0);
});

test('InferenceServers listens beyond loopback with TLS, and not without', async () => {
  const [grpc, http] = ['0.0.0.0:0', '0.0.0.0:0'];
  const open = await InferenceServers.start(
    desk,
    { grpc, http, insecure: false, tls: identity },
    log,
  );
  await open.stop(0);
  await expect(InferenceServers.start(desk, { grpc, insecure: false }, log)).rejects.toThrow(
    '--tls-dir',
  );
});
