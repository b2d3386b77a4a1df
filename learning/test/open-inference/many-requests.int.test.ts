/** The greatest number of concurrent requests that a description may ask for, sent to a real server. */
import { afterEach, expect, test } from 'vitest';
import { asInput, BOTH, behaviour, endAll, logitsOf } from './arithmetic-server.js';
import { found } from './found-sums.js';

afterEach(endAll);

test.each(BOTH)('64 concurrent requests cause no warning, over %s', async (_, start) => {
  const warnings: string[] = [];
  const listener = (warning: Error) => warnings.push(`${warning.name}: ${warning.message}`);
  process.on('warning', listener);
  const own = behaviour({ maxRows: 1 });
  const { model } = await found(await start(own), { concurrency: 64 });
  const inputs = Float32Array.from({ length: 128 * 4 }, (_, i) => i % 7);
  const rows = (first: number, count: number) => inputs.subarray(first * 4, (first + count) * 4);
  expect(await model.infer(128, asInput(rows))).toEqual(logitsOf(inputs, 1));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listener);
  expect(warnings).toEqual([]);
});
