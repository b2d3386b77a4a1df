/** As many requests under way as a description may ask for, to a real server. */
import { AddressGuard } from '@lyceum/platform';
import { afterEach, expect, test } from 'vitest';
import { findModel } from '../../src/open-inference/find-model.js';
import { openInferenceServer } from '../../src/open-inference/open-inference-server.js';
import { RemoteModel } from '../../src/open-inference/remote-model.js';
import { checkInferenceDescription } from '../../src/specification/servers/inference-schema.js';
import { asInput, atEnd, BOTH, behaviour, endAll, logitsOf } from './arithmetic-server.js';

afterEach(endAll);

test.each(BOTH)('64 at a time warn of nothing, over %s', async (_, start) => {
  const warnings: string[] = [];
  const listener = (warning: Error) => warnings.push(`${warning.name}: ${warning.message}`);
  process.on('warning', listener);
  const own = behaviour({ maxRows: 1 });
  const { url } = await start(own);
  const description = checkInferenceDescription({ url, model: 'sums', concurrency: 64 }, 'test');
  const server = openInferenceServer(description, {
    secrets: { folder: undefined, variables: {}, unboundGo: 'nowhere' },
    addresses: new AddressGuard(['127.0.0.1']),
  });
  atEnd(() => server.close());
  const model = new RemoteModel(server, await findModel(server, description, {}), () => 0);
  const inputs = Float32Array.from({ length: 128 * 4 }, (_, i) => i % 7);
  const rows = (first: number, count: number) => inputs.subarray(first * 4, (first + count) * 4);
  expect(await model.infer(128, asInput(rows))).toEqual(logitsOf(inputs, 1));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listener);
  expect(warnings).toEqual([]);
});
