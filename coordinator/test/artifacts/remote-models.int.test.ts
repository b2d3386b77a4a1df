// Models behind a server that fails requests, pushed to a real coordinator.
import { CoordinatorClient } from '@lyceum/cli/client';
import { checkInferenceDescription } from '@lyceum/learning/specification';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LinearServer, linearModel } from '../serve/linear-server.js';
import { TestCoordinator } from '../serve/test-coordinator.js';

let cluster: TestCoordinator;
let client: CoordinatorClient;
let server: LinearServer;

beforeAll(async () => {
  cluster = await TestCoordinator.start();
  client = new CoordinatorClient(cluster.address);
  server = await LinearServer.start(linearModel(1, 2, 3));
});
afterAll(async () => {
  client.close();
  await server.stop();
  await cluster.stop();
});

const push = (name: string) => {
  const description = checkInferenceDescription({ url: server.url, model: 'far' }, 'test');
  return client.pushInferenceModel(name, description);
};

it('a push of a remote model succeeds when the server fails each request once', async () => {
  server.stumbles = 1;
  expect(await push('stumbling')).toMatchObject({ created: true });
});

it('a push of a remote model names the server and its answer when requests keep failing', async () => {
  server.stumbles = 2;
  await expect(push('away')).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringContaining(`${server.url}: answers HTTP 503 to GET /v2/models/far`),
  });
});

it('a push of a remote model mends a name whose package was lost', async () => {
  server.stumbles = 0;
  const { digest } = (await push('lost')).artifact;
  const blobs = await cluster.nats.blobs({ create: false });
  await blobs.delete(digest);
  await push('lost');
  expect(await blobs.has(digest)).toBe(true);
});
