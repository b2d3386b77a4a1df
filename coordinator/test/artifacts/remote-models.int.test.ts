// Models behind a server that is away for a moment, or for longer, as they are pushed to a real coordinator.
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

it('a server that fails each request once is asked again', async () => {
  server.stumbles = 1;
  expect(await push('stumbling')).toMatchObject({ created: true });
});

it('a server that stays away is named with what it answers', async () => {
  server.stumbles = 2;
  await expect(push('away')).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringContaining(`${server.url}: answers HTTP 503 to GET /v2/models/far`),
  });
});
