// Real threads. Logits are seeded noise, so equal bits are no coincidence; `combineRows` is the oracle.
import type { WordMemory } from '@lyceum/learning/codecs';
import type { Combination, CombinationFit } from '@lyceum/learning/ensemble';
import { ThreadDeathError } from '@lyceum/platform/threads';
import { sha256Hex } from '@lyceum/proto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CombineRequest, combineRows } from '../../src/data-plane/combine-rows.js';
import { DataThreads } from '../../src/data-plane/data-threads.js';
import { storedRows } from '../../src/data-plane/stored-logits.js';
import { randomFrom } from '../random.js';
import { ThreadKiller } from '../thread-killer.js';
import { stored } from './stored.js';

const [ROWS, CLASSES, TEACHERS] = [64, 1000, 3];

let data: DataThreads;
let deaths: string[];
const onDeath = ({ message }: Error) => deaths.push(message);
beforeEach(() => {
  deaths = [];
  data = new DataThreads(2, { onDeath });
});
afterEach(() => data.close());

function request(
  combination: Combination,
  { rowCount = ROWS, seed = 1, fit }: Partial<CombineRequest> & { seed?: number } = {},
): CombineRequest {
  const random = randomFrom(seed);
  const teachers = Array.from({ length: TEACHERS }, () => {
    const logits = new Float32Array(new SharedArrayBuffer(4 * rowCount * CLASSES));
    return stored(logits.map(() => 10 * random()));
  });
  return {
    plan: {
      combination,
      teacherWeights: [2, 1, 1],
      tensors: [1, 4].map((temperature) => ({
        kind: 'pooled',
        name: `at ${temperature}`,
        teachers: [0, 1, 2],
        temperature,
        standardized: false,
      })),
    },
    teachers,
    rowCount,
    classCount: CLASSES,
    labels: Int32Array.from({ length: rowCount }, (_, row) => row % CLASSES),
    fit,
  };
}

/** One digest per tensor: a failed comparison of arrays this long would take minutes. */
function bits(tensors: readonly Float32Array[]): string[] {
  return tensors.map(({ buffer, byteOffset, byteLength }) =>
    sha256Hex(new Uint8Array(buffer, byteOffset, byteLength)),
  );
}

/** Fitted weights of mixture-em. */
const FIT: CombinationFit = { weights: [0.5, 0.3, 0.2] };

it.each<[string, CombineRequest]>([
  ['arithmetic', request({ combine: 'arithmetic' })],
  ['geometric', request({ combine: 'geometric' })],
  ['ca-mkd, which looks at labels', request({ combine: 'ca-mkd' })],
  ['mixture-em, which is fitted', request({ combine: 'mixture-em' }, { fit: FIT })],
])('DataThreads gives the bits that the event loop gives: %s', async (_, large) => {
  const { tensors, disagreements } = await data.combine(large);
  expect(tensors).toHaveLength(2);
  expect(bits(tensors)).toEqual(bits(combineRows(large).tensors));
  expect(disagreements).toEqual(combineRows(large).disagreements);
});

it('DataThreads lets the event loop turn while it combines 512 rows, and combines one row at once', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await data.combine(request({ combine: 'arithmetic' }, { rowCount: 1 }));
  expect(turns).toBe(0);
  await data.combine(request({ combine: 'arithmetic' }, { rowCount: 512 }));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
});

it('DataThreads gives each of several requests at once its own result', async () => {
  const requests = [1, 2, 3].map((seed) => request({ combine: 'arithmetic' }, { seed }));
  const answers = await Promise.all(requests.map((one) => data.combine(one)));
  expect(answers.map(({ tensors }) => bits(tensors))).toEqual(
    requests.map((one) => bits(combineRows(one).tensors)),
  );
});

it('DataThreads throws the error of a rule, and combines the next request', async () => {
  const unfitted = request({ combine: 'mixture-em' });
  await expect(data.combine(unfitted)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  const sound = request({ combine: 'arithmetic' });
  const { tensors } = await data.combine(sound);
  expect(bits(tensors)).toEqual(bits(combineRows(sound).tensors));
});

it('DataThreads refuses a request with fewer stored rows than its row count', async () => {
  const large = request({ combine: 'arithmetic' });
  await data.combine(large);
  const teachers = large.teachers.map((each) => each && storedRows(each, ROWS, 0, ROWS - 1));
  const lies = data.combine({ ...large, teachers });
  await expect(lies).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

it('DataThreads cancels requests in progress when it is closed', async () => {
  const waiting = data.combine(request({ combine: 'arithmetic' }));
  const refused = expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
  await data.close();
  await refused;
});

describe('a data thread', () => {
  let killer: ThreadKiller | undefined;
  afterEach(() => killer?.stop());

  const sound = request({ combine: 'arithmetic' });
  const wanted = bits(combineRows(sound).tensors);
  const combined = async () => bits((await data.combine(sound)).tensors);

  /** The content of an answer frame, too much for the event loop. */
  const frame = () => ({
    samples: Uint32Array.of(7, 9),
    firstRow: 0,
    classCount: 20_000,
    outputs: [
      { name: 'logits', values: new Float32Array(40_000).fill(2), codecs: ['float16'] as const },
    ],
    mayTake: true,
  });

  it('that dies while it combines has all its targets combined by another', async () => {
    killer = new ThreadKiller({ combine: [3] });
    const all = await Promise.all([combined(), combined(), combined()]);
    expect(all).toEqual([wanted, wanted, wanted]);
    expect(killer.killed).toBe(1);
    expect(deaths).toEqual([expect.stringMatching(/^a data thread ended with \d$/)]);
  });

  it('that dies at the second try too fails the request, and the next request succeeds', async () => {
    killer = new ThreadKiller({ combine: [1, 2] });
    await expect(combined()).rejects.toThrow(ThreadDeathError);
    expect(await combined()).toEqual(wanted);
  });

  it('that dies while it encodes answers fails them, and they are encoded when sent again', async () => {
    killer = new ThreadKiller({ encode: [1] });
    await expect(data.encode(frame())).rejects.toThrow(ThreadDeathError);
    const [[record]] = (await data.encode(frame())) as [[WordMemory]];
    expect([record.words[0], record.words[10_002]]).toEqual([7, 9]);
    // 2 in binary16, twice a word.
    expect(record.words.subarray(1, 10_001)).toEqual(new Uint32Array(10_000).fill(0x4000_4000));
  });

  it('that hangs is ended, and its request fails after a second try', async () => {
    const hasty = new DataThreads(1, { onDeath, hungMs: 200 });
    const tensors = new Array(100_000).fill(sound.plan.tensors[0]);
    const endless = { ...sound, plan: { ...sound.plan, tensors } };
    const message = 'a data thread has answered nothing for 200 ms and was ended';
    await expect(hasty.combine(endless)).rejects.toThrow(message);
    expect(deaths).toEqual([message, message]);
    await hasty.close();
  });
});
