/** How a thread of teachers reports calls that cost money. The engine's counts are made up by the test. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeZip } from '@lyceum/learning/files';
import { settingsJson } from '@lyceum/learning/models';
import { checkEndpoint } from '@lyceum/learning/specification';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { LyceumError, Split } from '@lyceum/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServiceUse, TeacherEngine } from '../../src/compute/engine/index.js';
import { Teachers } from '../../src/compute/teachers.js';
import { makeDataset } from '../teachers-and-set.js';

const IDENTITY = 'ab'.repeat(32);
const use = (count: number): ServiceUse => ({
  count,
  inputTokens: 10 * count,
  outputTokens: count,
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('Teachers reports earlier calls with the next answer, also over an unload, but none of probes', async () => {
  const endpoint = checkEndpoint({ url: 'http://box/', request: '$input', answer: '' }, 'test');
  const settings = settingsJson({ output: 'probabilities' });
  const files = { model: join(folder, 'model'), set: join(folder, 'set') };
  const members = { 'endpoint.json': JSON.stringify(endpoint), 'settings.json': settings };
  const parts = Object.entries(members).map(([name, text]) => [name, Buffer.from(text)] as const);
  await writeFile(files.model, writeZip(new Map(parts)));
  const { bytes, digest } = makeDataset();
  await writeFile(files.set, bytes);
  const dataset = { digest, file: files.set };

  let used = use(0);
  let isDown = false;
  const engine: TeacherEngine = {
    computesNothing: true,
    describe: () => ({ classCount: 5, parameterCount: 0, weightBytes: 0, latencyBatch1Ms: 0 }),
    answer: async ({ samples }) => {
      used = use(3);
      if (isDown) throw new LyceumError('UNAVAILABLE', 'down');
      return [{ name: 'class', width: 1, values: new Float32Array(samples.length) }];
    },
    used: () => used,
    close: async () => {},
  };
  const thread = { computeThreads: 1, lookupDelayMs: undefined, lookupDelayFile: undefined };
  const { calls } = new Teachers(async () => engine, thread, {});
  const load = () =>
    calls.load({
      identity: IDENTITY,
      modelFile: files.model,
      engine: 'http',
      settingsJson: settings,
      datasets: [dataset],
      budgetBytes: 1e9,
    });
  const span = { split: Split.SPLIT_TRAIN, firstPosition: 0, positionCount: 4 };
  const answer = async (isProbe: boolean) => {
    const request = { identity: IDENTITY, dataset, span, view: IDENTITY_VIEW, outputs: ['class'] };
    return (await calls.answer({ ...request, isProbe })).calls;
  };

  await load();
  expect(await answer(false)).toEqual(use(3));
  expect(await answer(true)).toBeUndefined();
  isDown = true;
  await expect(answer(false)).rejects.toThrow('down');
  await expect(answer(true)).rejects.toThrow('down');
  // The run is paused, so its teacher is unloaded.
  await calls.unload(IDENTITY);
  await load();
  isDown = false;
  expect(await answer(true)).toBeUndefined();
  expect(await answer(false)).toEqual(use(6));
  expect(await answer(false)).toEqual(use(3));
});
