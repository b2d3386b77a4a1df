/** Pushes to a real gRPC server whose handler only reads. */
import { tmpdir } from 'node:os';
import { clientStream, createLogger, RpcServer, SERVICES } from '@lyceum/platform';
import { ArtifactKind, type PushArtifactRequest, type PushArtifactResponse } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';

it('a push of a file that cannot be read ends its call', async () => {
  const log = createLogger({ name: 'test', level: 'silent' });
  let isOver = (_: unknown): void => undefined;
  const over = new Promise<unknown>((resolve) => {
    isOver = resolve;
  });
  const pushArtifact = clientStream<PushArtifactRequest, PushArtifactResponse>(
    log,
    async (requests) => {
      try {
        for await (const _ of requests);
      } catch (err) {
        isOver(err);
        throw err;
      }
      isOver('all came');
      return {} as PushArtifactResponse;
    },
  );
  const server = await RpcServer.start({
    address: '127.0.0.1:0',
    insecure: false,
    log,
    services: [[SERVICES.artifact, { pushArtifact } as never]],
  });
  const client = new CoordinatorClient(server.address);
  try {
    // A folder has a size, and cannot be read as a file.
    const push = client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'set', tmpdir());
    await expect(push).rejects.toThrow('EISDIR');
    expect(await over).toMatchObject({ code: 'CANCELLED' });
  } finally {
    client.close();
    await server.stop(0);
  }
});
