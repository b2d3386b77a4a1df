/**
 * A checkpoint: all that a run needs to go on with equal bits, in one NPZ file with a checksum.
 *
 * Members: every variable of the training step by its name, the best weights so far as `best/INDEX`, `meta` (JSON, as
 * bytes), `history` and `sum`, the SHA-256 of all others. Equal states give equal bytes except in `meta` and
 * `history`, which hold clock readings and who took the steps.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NpyArray, readNpz, writeNpz } from '@lyceum/learning/files';
import type { HistoryPart } from '@lyceum/learning/history';
import { LyceumError, sha256Hex } from '@lyceum/proto';
import { z } from 'zod';
import {
  ForeignCheckpointError,
  type TrainingCheckpoint,
  type Validation,
} from '../../job/index.js';
import type { StoredTensor } from '../student/index.js';
import type { LedgerSegment } from './step-ledger.js';

/** The best weights that a validation pass has seen. */
export interface Selected {
  readonly validation: Validation;
  /** In the order of the model's weights. */
  readonly weights: readonly Float32Array[];
}

export interface Checkpoint {
  /** The run of the checkpoint: SHA-256 of the normalised specification, and of the data set. */
  readonly specificationDigest: string;
  readonly datasetDigest: string;
  /** The teachers, in ensemble order. */
  readonly teacherIdentities: readonly string[];
  /** `NUMERICS_VERSION` of the build that wrote the checkpoint. */
  readonly numericsVersion: number;
  /** Steps taken. */
  readonly step: number;
  /** Seconds of training so far, in all of the run's assignments. */
  readonly trainingSeconds: number;
  readonly waitingSeconds: number;
  readonly dataWaitingSeconds: number;
  readonly samples: number;
  /** Every variable of the training step, by name. */
  readonly state: ReadonlyMap<string, StoredTensor>;
  readonly best: Selected | undefined;
  /** Which assignment took which steps, on which targets: see `step-ledger.ts`. */
  readonly ledger: readonly LedgerSegment[];
  readonly history: HistoryPart;
}

/** A checkpoint's bytes have changed since they were written. Reading them again will not help. */
export class CorruptCheckpointError extends LyceumError {
  constructor(what: string, reason: string, options?: ErrorOptions) {
    super('FAILED_PRECONDITION', `${what} is corrupt: ${reason}`, options);
  }
}

const FORMAT = 3;

const meta = z.strictObject({
  format: z.literal(FORMAT),
  specificationDigest: z.string(),
  datasetDigest: z.string(),
  teacherIdentities: z.array(z.string()),
  numericsVersion: z.int().nonnegative(),
  step: z.int().positive(),
  trainingSeconds: z.number(),
  waitingSeconds: z.number(),
  dataWaitingSeconds: z.number(),
  samples: z.number(),
  ledger: z.array(
    z.strictObject({
      assignmentEpoch: z.int().nonnegative(),
      firstStep: z.int().nonnegative(),
      endStep: z.int().positive(),
      targetsDigest: z.string(),
    }),
  ),
  historyBucketSteps: z.int().positive(),
  best: z
    .strictObject({ step: z.int().positive(), accuracy: z.number(), nll: z.number() })
    .optional(),
});

export function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  const { state, best, history, ...rest } = checkpoint;
  const { bucketSteps, values: sums } = history;
  const text = JSON.stringify({
    format: FORMAT,
    ...rest,
    best: best?.validation,
    historyBucketSteps: bucketSteps,
  });
  const members = new Map<string, NpyArray>([['meta', byteArray(Buffer.from(text))]]);
  for (const [name, { shape, values }] of state) {
    members.set(`state/${name}`, { dtype: 'float32', shape, data: values });
  }
  for (const [index, values] of (best?.weights ?? []).entries()) {
    members.set(`best/${index}`, { dtype: 'float32', shape: [values.length], data: values });
  }
  members.set('history', {
    dtype: 'float64',
    shape: [sums.length],
    data: Float64Array.from(sums),
  });
  members.set('sum', byteArray(sumOf(members)));
  return writeNpz(members);
}

/**
 * @param what - the checkpoint's name in errors.
 * @throws {CorruptCheckpointError} if a single bit has changed since it was written; {@link ForeignCheckpointError} if
 *   this build cannot read the format.
 */
export function decodeCheckpoint(bytes: Uint8Array, what: string): Checkpoint {
  const members = new Map(readMembers(bytes, what));
  const sum = members.get('sum');
  members.delete('sum');
  if (sum === undefined || !sumOf(members).equals(bytesOf(sum))) {
    throw new CorruptCheckpointError(what, 'its checksum does not fit its contents');
  }
  // From here on the bytes are as they were written, though perhaps by another version.
  const result = meta.safeParse(JSON.parse(bytesOf(members.get('meta')).toString()));
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
    throw new ForeignCheckpointError(what, problems.join('; '));
  }
  const { format: _, best, historyBucketSteps, ...rest } = result.data;
  const history = {
    bucketSteps: historyBucketSteps,
    firstBucket: 0,
    endStep: rest.step,
    values: [...((members.get('history')?.data ?? []) as Float64Array)],
  };
  const state = new Map<string, StoredTensor>();
  for (const [name, { shape, data }] of members) {
    if (name.startsWith('state/'))
      state.set(name.slice(6), { shape, values: data as Float32Array });
  }
  const weights = [...Array(members.size).keys()].flatMap((index) => {
    const member = members.get(`best/${index}`);
    return member === undefined ? [] : [member.data as Float32Array];
  });
  return { ...rest, history, state, best: best && { validation: best, weights } };
}

/** A checkpoint as bytes, with the path of its file, `folder` and a name with its step. Writes nothing. */
export function packCheckpoint(
  folder: string,
  checkpoint: Checkpoint,
): Omit<TrainingCheckpoint, 'history'> {
  const { step } = checkpoint;
  const bytes = encodeCheckpoint(checkpoint);
  return { step, bytes, digest: sha256Hex(bytes), file: join(folder, `checkpoint-${step}.npz`) };
}

/** @throws {LyceumError} NOT_FOUND, {@link CorruptCheckpointError}, {@link ForeignCheckpointError}. */
export async function readCheckpoint(file: string): Promise<Checkpoint> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (err) {
    throw new LyceumError('NOT_FOUND', `checkpoint ${file} cannot be read`, { cause: err });
  }
  return decodeCheckpoint(bytes, `checkpoint ${file}`);
}

function readMembers(bytes: Uint8Array, what: string): ReadonlyMap<string, NpyArray> {
  try {
    return readNpz(bytes);
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    throw new CorruptCheckpointError(what, reason, { cause: err });
  }
}

/** SHA-256 over names, types, shapes and values, by name. */
function sumOf(members: ReadonlyMap<string, NpyArray>): Buffer {
  const hash = createHash('sha256');
  for (const [name, array] of [...members].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${JSON.stringify([name, array.dtype, array.shape])}\n`);
    hash.update(bytesOf(array));
  }
  return hash.digest();
}

function byteArray(bytes: Uint8Array): NpyArray {
  return { dtype: 'uint8', shape: [bytes.length], data: Uint8Array.from(bytes) };
}

function bytesOf(array: NpyArray | undefined): Buffer {
  if (array === undefined) return Buffer.alloc(0);
  const { buffer, byteOffset, byteLength } = array.data;
  return Buffer.from(buffer, byteOffset, byteLength);
}
