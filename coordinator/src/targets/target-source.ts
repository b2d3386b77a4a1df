/** Makes the targets of a run's steps out of stored answers: reads a piece, combines it, cuts it into frames. */
import type { AnswerCodec } from '@lyceum/learning/codecs';
import { type CombinationFit, type TargetPlan, targetPlan } from '@lyceum/learning/ensemble';
import { historyTeacherCount } from '@lyceum/learning/history';
import type { DistillationSpecification } from '@lyceum/learning/specification';
import { viewAt } from '@lyceum/learning/views';
import { LyceumError, type TargetFrame, toLyceumError } from '@lyceum/proto';
import type { AnswerStore } from '../answers/index.js';
import type { DatasetOutline } from '../artifacts/index.js';
import type { DataThreads, StoredLogits } from '../data-plane/index.js';
import {
  type FeatureTensor,
  featureTensors,
  type PinnedTeacher,
  type RunRecord,
} from '../runs/index.js';
import type { SpanGrid } from '../schedule/index.js';
import { answerTable } from '../tickets/asks/index.js';
import { readStored } from '../tickets/index.js';
import type { TargetRange } from './flow/index.js';
import { PieceFigures, type PieceFiguresParts } from './piece-figures.js';
import { positionsOf, type SpanSamples } from './span-samples.js';
import { targetFrames } from './target-frames.js';

/**
 * Bytes of one teacher's answers that are read at a time, unless one step has more. They are copied in a millisecond,
 * in which the event loop does nothing else.
 */
const READ_BYTES = 2 * 1024 * 1024;

export interface TargetSourceParts {
  readonly record: RunRecord;
  readonly spec: DistillationSpecification['spec'];
  readonly codec: AnswerCodec;
  readonly dataset: DatasetOutline;
  readonly grid: SpanGrid;
  readonly samples: SpanSamples;
  readonly store: Pick<AnswerStore, 'read' | 'readWords'>;
  readonly data: Pick<DataThreads, 'combine'>;
  readonly fit: () => CombinationFit | undefined;
}

/** The answers of one piece, in buffers that are used again for the next piece. */
export interface ReadAnswers {
  /** One for each contributor; undefined: unreadable. */
  readonly logits: readonly (StoredLogits | undefined)[];
  /** One for each feature tensor, [positions, numbers of a sample]. */
  readonly features: readonly Float32Array[];
  /** Ensemble indices of the teachers that have unreadable answers. */
  readonly unreadable: ReadonlySet<number>;
}

/** One buffer for each teacher and feature tensor: new ones for each piece would keep the garbage collector busy. */
export interface AnswerBuffers {
  readonly logits: Uint32Array[];
  readonly features: Float32Array[];
}

export class TargetSource {
  readonly #parts: TargetSourceParts;
  readonly #plan: TargetPlan;
  readonly #features: readonly FeatureTensor[];

  constructor(parts: TargetSourceParts) {
    this.#parts = parts;
    this.#plan = targetPlan(
      parts.spec,
      parts.record.teachers.map(({ knownClasses }) => knownClasses),
    );
    this.#features = featureTensors(parts.record);
  }

  /** Empty buffers; they grow as answers are read. */
  buffers(): AnswerBuffers {
    return {
      logits: this.#parts.record.teachers.map(() => new Uint32Array(0)),
      features: this.#features.map(() => new Float32Array(0)),
    };
  }

  /** Steps that are read at a time: as many as {@link READ_BYTES} hold, at least one. */
  get stepsPerPiece(): number {
    const { dataset, grid } = this.#parts;
    const rowLengths = this.#features.map(({ output }) => output.rowLength);
    const rowBytes = 4 * Math.max(dataset.classCount, ...rowLengths);
    return Math.max(1, Math.floor(READ_BYTES / (rowBytes * grid.plan.batchSize)));
  }

  /**
   * The contributors' answers for the positions of a piece.
   *
   * @param buffers - a buffer that is too short is replaced; logits and features are borrowed from them.
   * @throws {LyceumError} if the disk cannot be read.
   */
  async read(piece: TargetRange, buffers: AnswerBuffers): Promise<ReadAnswers> {
    const { dataset, record, store, spec, grid, codec } = this.#parts;
    const samples = this.#parts.samples.ofSteps(piece);
    const view = viewAt(spec.views, positionsOf(grid, piece).epoch);
    const unreadable = new Set<number>();
    const read = async <T>(
      index: number,
      from: (teacher: PinnedTeacher) => Promise<T | undefined>,
    ): Promise<T | undefined> => {
      try {
        const found = await from(record.teachers[index] as PinnedTeacher);
        if (found === undefined) unreadable.add(index);
        return found;
      } catch (thrown) {
        const { code, message } = toLyceumError(thrown);
        throw new LyceumError(code, `answers cannot be read: ${message}`, { cause: thrown });
      }
    };
    const logits = piece.contributors.map((index) =>
      read(index, (teacher) =>
        readStored(store, dataset, teacher, { view, codec }, samples, (wordCount) =>
          atLeast(buffers.logits, index, wordCount, Uint32Array),
        ),
      ),
    );
    const features = this.#features.map(async ({ teacher: owner, output }, index) => {
      const length = samples.length * output.rowLength;
      const out = atLeast(buffers.features, index, length, Float32Array);
      await read(owner, async ({ identity }) => {
        const table = answerTable(dataset, { teacherIdentity: identity, view }, output);
        return (await store.read(table, samples, out)).length === 0 || undefined;
      });
      return out;
    });
    // All at once: an error that nobody waits for yet would end the process.
    const [foundLogits, foundFeatures] = await Promise.all([
      Promise.all(logits),
      Promise.all(features),
    ]);
    return { logits: foundLogits, features: foundFeatures, unreadable };
  }

  /** The targets of a piece, in order. @param known - for the figures of its steps. */
  frames(
    piece: TargetRange,
    { logits, features }: ReadAnswers,
    known: Pick<PieceFiguresParts, 'openSpans' | 'latenciesMs'>,
  ): AsyncGenerator<TargetFrame, void, undefined> {
    const { dataset, record, grid, data } = this.#parts;
    const { epoch, firstPosition, positionCount } = positionsOf(grid, piece);
    const rows = {
      plan: this.#plan,
      teachers: record.teachers.map((_, t) => logits[piece.contributors.indexOf(t)]),
      rowCount: positionCount,
      classCount: dataset.classCount,
      labels: Int32Array.from(
        this.#parts.samples.ofSteps(piece),
        (sample) => dataset.labels[sample] as number,
      ),
      fit: this.#parts.fit(),
      features: this.#features.map(({ name, rowShape }, index) => ({
        name,
        rowShape,
        values: features[index] as Float32Array,
      })),
      epoch,
      firstPosition,
      figures: new PieceFigures({
        ...known,
        piece,
        batchSize: grid.plan.batchSize,
        rowCount: positionCount,
        teacherCount: historyTeacherCount(record.specification),
      }),
    };
    return targetFrames(rows, data);
  }
}

/** The first `length` numbers of a buffer, which is replaced if it has fewer, in memory that threads may share. */
function atLeast<T extends Uint32Array | Float32Array>(
  buffers: T[],
  index: number,
  length: number,
  Numbers: new (buffer: SharedArrayBuffer) => T,
): T {
  const kept = buffers[index];
  const buffer =
    kept !== undefined && kept.length >= length
      ? kept
      : new Numbers(new SharedArrayBuffer(4 * length));
  buffers[index] = buffer;
  return buffer.subarray(0, length) as T;
}
