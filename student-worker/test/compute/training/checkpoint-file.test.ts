/** Round trips bit by bit, then damages every byte of a small checkpoint in turn. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDurably } from '@lyceum/learning/files';
import { sha256Hex } from '@lyceum/proto';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Checkpoint,
  CorruptCheckpointError,
  decodeCheckpoint,
  encodeCheckpoint,
  packCheckpoint,
  readCheckpoint,
} from '../../../src/compute/training/checkpoint-file.js';
import { trainingFailure } from '../../../src/job/index.js';

const checkpoint: Checkpoint = {
  specificationDigest: 'a'.repeat(64),
  datasetDigest: 'b'.repeat(64),
  teacherIdentities: ['e'.repeat(64), 'f'.repeat(64)],
  numericsVersion: 3,
  step: 7,
  trainingSeconds: 0.1 + 0.2,
  waitingSeconds: 1 / 3,
  dataWaitingSeconds: 1 / 7,
  samples: 896,
  state: new Map([
    ['weight/0/dense/kernel', { shape: [2, 2], values: Float32Array.of(1, -0, 1e-45, 3.4e38) }],
    ['optimizer/beta1Power', { shape: [], values: Float32Array.of(0.9) }],
  ]),
  best: {
    validation: { step: 5, accuracy: 0.25, nll: Math.LN2 },
    // More than ten, so that the order of their names as texts is another one.
    weights: Array.from({ length: 12 }, (_, i) => Float32Array.of(i, -i)),
  },
  ledger: [
    { assignmentEpoch: 1, firstStep: 0, endStep: 4, targetsDigest: 'c'.repeat(64) },
    { assignmentEpoch: 3, firstStep: 4, endStep: 7, targetsDigest: 'd'.repeat(64) },
  ],
  history: { bucketSteps: 4, firstBucket: 0, endStep: 7, values: [0.1, Number.POSITIVE_INFINITY] },
};

/** A new folder, which is deleted with its test. */
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-checkpoint-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('checkpoint file', () => {
  it('is decoded to the bit as it was encoded', () => {
    const decoded = decodeCheckpoint(encodeCheckpoint(checkpoint), 'it');
    expect(decoded).toEqual(checkpoint);
    expect(Object.is(decoded.state.get('weight/0/dense/kernel')?.values[1], -0)).toBe(true);
    expect(encodeCheckpoint(decoded).equals(encodeCheckpoint(checkpoint))).toBe(true);
  });

  it('is decoded without a selection and without waiting time', () => {
    const waited = { waitingSeconds: 0, dataWaitingSeconds: 0 };
    const young = { ...checkpoint, ...waited, best: undefined };
    expect(decodeCheckpoint(encodeCheckpoint(young), 'it')).toEqual(young);
  });

  it('with any one byte damaged is refused as corrupt, or decoded unchanged', () => {
    const bytes = encodeCheckpoint(checkpoint);
    let refused = 0;
    for (let i = 0; i < bytes.length; i++) {
      const damaged = Buffer.from(bytes);
      damaged[i] = (damaged[i] as number) ^ 0x10;
      try {
        // Some bytes of a zip do not matter, such as a file's time.
        expect(decodeCheckpoint(damaged, 'it')).toEqual(checkpoint);
      } catch (err) {
        expect(err).toBeInstanceOf(CorruptCheckpointError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(bytes.length / 3);
  });

  it('is refused with its name when it is cut off', async () => {
    const file = join(await newFolder(), 'cut.npz');
    const bytes = encodeCheckpoint(checkpoint);
    for (const length of [0, 1, 100, bytes.length >> 1, bytes.length - 1]) {
      await writeFile(file, bytes.subarray(0, length));
      await expect(readCheckpoint(file)).rejects.toThrow(`checkpoint ${file} is corrupt`);
    }
  });

  it('of another build is reported as foreign, not as corrupt', () => {
    // Signed anew, as the other build would have signed it.
    const { samples: _, ...older } = checkpoint;
    const bytes = encodeCheckpoint(older as Checkpoint);
    let thrown: unknown;
    try {
      decodeCheckpoint(bytes, 'it');
    } catch (err) {
      thrown = err;
    }
    expect(thrown).not.toBeInstanceOf(CorruptCheckpointError);
    expect(trainingFailure(thrown)).toEqual({
      reason: expect.stringMatching(/^it was written by another build, .* samples: [^\n]+$/),
      retryable: false,
      storageFull: false,
      checkpointForeign: true,
    });
  });

  it('is named by its step, and read as it was packed', async () => {
    const folder = await newFolder();
    const { bytes, digest, file, step } = packCheckpoint(folder, checkpoint);
    expect({ file, step }).toEqual({ file: join(folder, 'checkpoint-7.npz'), step: 7 });
    await writeDurably(file, bytes);
    expect(await readdir(folder)).toEqual(['checkpoint-7.npz']);
    expect(digest).toBe(sha256Hex(await readFile(file)));
    expect(await readCheckpoint(file)).toEqual(checkpoint);
  });

  it('that cannot be written is named, and nothing half-written is left', async () => {
    const folder = await newFolder();
    const { bytes, file } = packCheckpoint(join(folder, 'missing'), checkpoint);
    await expect(writeDurably(file, bytes)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('missing/checkpoint-7.npz cannot be written'),
    });
    expect(await readdir(folder)).toEqual([]);
  });
});
