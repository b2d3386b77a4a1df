/**
 * Batches of a set in shards, whose pictures a function of this file reads, against batches of the same pixels in one
 * file. Also which windows are in memory, and which are fetched ahead.
 */
import { type Dataset, withHeld } from '@lyceum/learning/datasets';
import { checkRunSpecification } from '@lyceum/learning/specification';
import { UnreadableSetError } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { BatchSource } from '../../../src/compute/student/batch-source.js';
import { SampleWindows } from '../../../src/compute/student/sample-windows.js';
import type { StudentPictures } from '../../../src/job/index.js';

const PIXELS = 4;
const COUNT = 60;

/** Chunks of ten samples: five of the train split, one of validation. */
const whole: Dataset = {
  digest: 'd',
  sampleShape: [2, 2, 1],
  sampleCount: COUNT,
  classCount: 2,
  classNames: ['a', 'b'],
  inputs: Uint8Array.from({ length: COUNT * PIXELS }, (_, i) => (i * 37) % 251),
  inputScale: 1 / 255,
  labels: Int32Array.from({ length: COUNT }, (_, sample) => sample % 2),
  splits: Uint8Array.from({ length: COUNT }, (_, sample) => (sample < 50 ? 1 : 2)),
  chunkEnds: Uint32Array.from([10, 20, 30, 40, 50, 60]),
};
const unread = withHeld(whole, new Uint32Array(), new Uint8Array());

const specification = checkRunSpecification(
  {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: 'test' },
    spec: {
      dataset: 'set',
      teachers: [{ name: 'a', model: 'a' }],
      student: { model: { architecture: 'mlp' } },
      training: { batchSize: 4, epochs: 2, order: 'chunks' },
      views: { mixup: true, seed: 1 },
    },
  },
  'test',
);

/** Two steps a window, three a span. */
const CUT = { spanPositions: 12, blockPositions: 12, windowBytes: 2 * 4 * PIXELS };

class Pictures implements StudentPictures {
  readonly open = new Map<number, Uint32Array>();
  readonly opened: Uint32Array[] = [];
  readonly ahead: Uint32Array[] = [];
  mostOpen = 0;
  #lastId = 0;

  async openWindow(samples: Uint32Array) {
    const id = ++this.#lastId;
    this.open.set(id, samples);
    this.opened.push(samples);
    this.mostOpen = Math.max(this.mostOpen, this.open.size);
    const inputs = new Uint8Array(samples.length * PIXELS);
    for (const [row, sample] of samples.entries()) {
      inputs.set(whole.inputs.subarray(sample * PIXELS, (sample + 1) * PIXELS), row * PIXELS);
    }
    return { id, inputs };
  }

  closeWindow(id: number): void {
    this.open.delete(id);
  }

  fetchAhead(samples: Uint32Array): void {
    this.ahead.push(samples);
  }
}

/** The same set in one file, visited in the order of a set in shards. */
function oneFile(): BatchSource {
  const windows = new SampleWindows(whole, undefined);
  return new BatchSource(whole, specification, { windows, cut: CUT });
}

it('BatchSource gives a set in shards the batches of one file, with at most two open windows', async () => {
  const pictures = new Pictures();
  const windows = new SampleWindows(unread, pictures);
  const batches = new BatchSource(unread, specification, { windows, cut: CUT });
  const expected = oneFile();
  const { stepCount } = batches.plan;
  expect(stepCount).toBe(26);
  for (let step = 0; step < stepCount; step++) {
    await batches.awaited(step);
    await expected.awaited(step);
    expect(batches.batch(step)).toEqual(expected.batch(step));
  }
  expect(pictures.mostOpen).toBe(2);
  batches.close();
  expect([...pictures.open]).toEqual([]);
});

it('BatchSource fetches each window ahead once, up to two spans after the current one', async () => {
  const pictures = new Pictures();
  const windows = new SampleWindows(unread, pictures);
  const batches = new BatchSource(unread, specification, { windows, cut: CUT });
  await batches.awaited(0);
  // Steps 0 to 8 in windows of two: the last window ends beyond them.
  expect(pictures.ahead).toHaveLength(5);
  for (let step = 0; step < batches.plan.stepCount; step++) await batches.awaited(step);
  // Thirteen steps an epoch.
  expect(pictures.ahead).toHaveLength(14);
  expect(pictures.ahead).toEqual(pictures.opened);
});

it('BatchSource reports unreadable pictures when their step comes', async () => {
  const pictures = new Pictures();
  const windows = new SampleWindows(unread, pictures);
  const batches = new BatchSource(unread, specification, { windows, cut: CUT });
  await batches.awaited(0);
  pictures.openWindow = async () => {
    throw new UnreadableSetError('a.tar has changed');
  };
  // Steps 2 and 3 were being read already.
  await batches.awaited(2);
  expect(batches.batch(3).rows).toBe(4);
  await expect(batches.awaited(4)).rejects.toThrow('a.tar has changed');
});
