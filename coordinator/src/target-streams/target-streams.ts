/** Streams runs' targets to students elsewhere: any number of streams, each at its own step, unnoticed by the run. */
import { isDeepStrictEqual } from 'node:util';
import { splitSamples } from '@lyceum/learning/datasets';
import { IDENTITY_VIEW, viewAt } from '@lyceum/learning/views';
import {
  LyceumError,
  type StreamTargetsRequest,
  type StreamTargetsResponse,
  type TargetOutline,
  toLyceumError,
} from '@lyceum/proto';
import type { AnswerOutput, AnswerStore } from '../answers/index.js';
import type { ArtifactCatalog, DatasetOutline } from '../artifacts/index.js';
import type { DataThreads } from '../data-plane/index.js';
import {
  type ContributorLedgers,
  orderOf,
  ownAnswer,
  quorumOf,
  type RunRecord,
  type RunStore,
  teacherOutputs,
} from '../runs/index.js';
import { answerTable, spanSamples } from '../tickets/asks/index.js';
import type { TeacherUser, TicketDesk } from '../tickets/index.js';
import { ReaderWorlds } from './reader-worlds.js';
import { RunFrames } from './run-frames.js';
import { SplitFrames } from './split-frames.js';
import { targetBatches } from './target-batches.js';
import {
  batchSettings,
  firstSpan,
  type TargetOrder,
  targetOrder,
  targetOutline,
} from './target-order.js';

/** How often a caller that waits is told the reason, if the reason has changed. */
const TELL_MS = 1_000;

export interface TargetStreamsParts {
  readonly store: RunStore;
  readonly catalog: ArtifactCatalog;
  readonly answers: AnswerStore;
  readonly ledgers: ContributorLedgers;
  readonly desk: TicketDesk;
  readonly data: Pick<DataThreads, 'combine'>;
  /** Teacher workers that are connected. */
  readonly workerCount: () => number;
  readonly changed: () => void;
}

interface OpenStream extends TeacherUser {
  /** The run's record, with the steps of this stream: up to the last step that it asks for. */
  readonly record: RunRecord;
  /** True once an answer had to be waited for: from then on to the stream's end, its teachers must be loaded. */
  needsTeachers: boolean;
  /** Ends the stream if one of its targets may be made of dropped answers. @param teacher - name of their teacher. */
  readonly dropped: (teacher: string, found: DroppedAnswers) => void;
}

/** Dropped answers, as far as they concern the stream's run. */
interface DroppedAnswers {
  /** The first step whose target is made of dropped answers; undefined: there is none. */
  readonly step: number | undefined;
  /** Whether the run's rule was fitted to dropped answers. */
  readonly isFit: boolean;
}

export class TargetStreams {
  readonly #parts: TargetStreamsParts;
  readonly #open = new Map<string, OpenStream>();
  readonly #worlds = new ReaderWorlds();
  #count = 0;

  constructor(parts: TargetStreamsParts) {
    this.#parts = parts;
  }

  /** Streams that need teachers loaded, in the order in which the streams came. */
  users(): TeacherUser[] {
    return this.readers().filter(({ needsTeachers }) => needsTeachers);
  }

  /** Streams whose teachers' answers must stay in the store. */
  readers(): OpenStream[] {
    return [...this.#open.values()];
  }

  /** @throws {LyceumError} as target.proto says. */
  async *stream(
    request: StreamTargetsRequest,
    signal: AbortSignal,
  ): AsyncGenerator<StreamTargetsResponse, void, undefined> {
    const { order, dataset } = await this.#order(request);
    if (!request.wait) await this.#requireAnswerable(order, dataset);
    const id = `targets/${++this.#count}`;
    this.#worlds.join(id, request);
    const leave = () => this.#worlds.leave(id);
    // A reader that has gone makes room for another world at once, not only when the next frame comes.
    signal.addEventListener('abort', leave, { once: true });
    try {
      yield { part: { $case: 'outline', outline: targetOutline(order, dataset) } };
      yield* this.#batches(id, order, dataset, signal);
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }

  /** The outline that a stream would begin with. */
  async outline(request: StreamTargetsRequest): Promise<TargetOutline> {
    const { order, dataset } = await this.#order(request);
    return targetOutline(order, dataset);
  }

  async #order(request: StreamTargetsRequest) {
    if (request.inputs) throw new LyceumError('FAILED_PRECONDITION', NO_INPUTS);
    const { store, catalog, ledgers } = this.#parts;
    const run = store.require(request.runId);
    const dataset = await catalog.dataset(run.dataset);
    const decided =
      quorumOf(run) === undefined ? undefined : ((await ledgers.read(run)) ?? new Map());
    return { order: targetOrder(request, run, dataset, decided), dataset };
  }

  async *#batches(
    id: string,
    order: TargetOrder,
    dataset: DatasetOutline,
    signal: AbortSignal,
  ): AsyncGenerator<StreamTargetsResponse, void, undefined> {
    const { changed } = this.#parts;
    const { record } = order;
    const { teachers, dataset: reference } = record;
    this.#requireFit(record);
    const source = this.#source(id, order, dataset);
    let lost: LyceumError | undefined;
    const user: OpenStream = {
      id,
      record,
      teachers,
      dataset: reference,
      reason: '',
      needsTeachers: false,
      dropped: (teacher, found) => {
        lost ??= droppedError(order, source.reachedStep, teacher, found);
      },
    };
    this.#open.set(id, user);
    const settings = batchSettings(order, dataset);
    let told = '';
    try {
      for (let step = order.firstStep; step < record.plan.stepCount; ) {
        const frame = await source.next(TELL_MS);
        if (signal.aborted) throw toLyceumError(signal.reason);
        if (lost !== undefined) throw lost;
        if (frame === undefined) {
          if (!user.needsTeachers && source.isWaiting()) {
            user.needsTeachers = true;
            changed();
          }
          const reason = user.reason || "waiting for the teachers' answers";
          if (reason !== told) yield { part: { $case: 'waiting', waiting: reason } };
          told = reason;
          continue;
        }
        told = '';
        for (const batch of targetBatches(frame, settings)) {
          yield { part: { $case: 'batch', batch } };
          if (batch.endsBatch) step = batch.step + 1;
        }
      }
    } finally {
      source.close();
      this.#open.delete(id);
      if (user.needsTeachers) changed();
    }
  }

  /**
   * From here on the stream is told of dropped answers. Answers that were dropped earlier, after its run was looked
   * at (while the reader took the outline), may be those that the rule was fitted to.
   *
   * @throws {LyceumError} FAILED_PRECONDITION if the run's fit has changed since.
   */
  #requireFit({ runId, fit }: RunRecord): void {
    const now = this.#parts.store.get(runId);
    if (now === undefined || isDeepStrictEqual(now.fit, fit)) return;
    const message = `the rule of run ${runId} was fitted to answers that were dropped since; ask again once it is in TRAINING`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }

  #source(askerId: string, order: TargetOrder, dataset: DatasetOutline): RunFrames | SplitFrames {
    const { answers: store, desk, data, workerCount } = this.#parts;
    const { record, spec, split, firstStep, contributors } = order;
    const parts = { askerId, record, dataset, desk, store, data };
    if (split === 'train') return new RunFrames({ ...parts, firstStep, contributors, workerCount });
    const { batchSize, stepCount, sampleCount } = record.plan;
    const firstPosition = firstStep * batchSize;
    const endPosition = Math.min(stepCount * batchSize, sampleCount);
    return new SplitFrames({ ...parts, spec, split, firstPosition, endPosition });
  }

  /**
   * @throws {LyceumError} FAILED_PRECONDITION if answers to the first epoch are missing and no worker can give them.
   */
  async #requireAnswerable(order: TargetOrder, dataset: DatasetOutline): Promise<void> {
    const { answers, workerCount } = this.#parts;
    const span = firstSpan(order);
    if (workerCount() > 0 || span === undefined) return;
    const { record, spec, split } = order;
    const isRuns = split === 'train';
    const view = isRuns ? viewAt(spec.views, span.epoch) : IDENTITY_VIEW;
    const samples = isRuns
      ? spanSamples(dataset, split, span, orderOf(record))
      : splitSamples(dataset, split);
    const lacking: string[] = [];
    for (const [index, { name, identity, access }] of record.teachers.entries()) {
      const outputs: readonly AnswerOutput[] = isRuns
        ? teacherOutputs(record, index)
        : [ownAnswer(access, dataset.classCount, 'float32')];
      const counts = outputs.map((output) =>
        answers.missingCount(
          answerTable(dataset, { teacherIdentity: identity, view }, output),
          samples,
        ),
      );
      const missing = Math.max(...(await Promise.all(counts)));
      if (missing > 0) lacking.push(`${missing} of ${samples.length} of ${name}`);
    }
    if (lacking.length === 0) return;
    const where = isRuns ? `epoch ${span.epoch}` : `the ${split} split`;
    const message = `answers to ${where} are not stored: ${lacking.join(', ')}; and no teacher worker is connected that could be asked`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
}

/** @returns undefined: no target that the stream has begun to make is made of dropped answers. */
function droppedError(
  { record, split, firstStep }: TargetOrder,
  reachedStep: number,
  teacher: string,
  { step, isFit }: DroppedAnswers,
): LyceumError | undefined {
  // For the other splits it is not known which answers were dropped: all count as dropped.
  const isAll = isFit || split !== 'train';
  const from = isAll ? firstStep : Math.max(step ?? record.plan.stepCount, firstStep);
  if (!isFit && from >= reachedStep) return undefined;
  const message = `targets of run ${record.runId} from step ${from} on were made of answers of teacher ${teacher} that were dropped since: take the student back to before step ${from}, and ask for these targets again`;
  return new LyceumError('FAILED_PRECONDITION', message);
}

const NO_INPUTS =
  'a coordinator holds no inputs; coordinator targets serve, between it and the student, adds them';
