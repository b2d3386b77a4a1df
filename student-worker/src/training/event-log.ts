/**
 * What the student tells of its steps, as it trains, in an event file of TensorBoard: one a run and assignment, in
 * DIR/RUN. A file begins by voiding what older ones say of steps that are taken again. A training goes on whatever becomes
 * of its events.
 */
import { appendFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import {
  HISTORY_BUCKETS,
  StepHistory,
  shownColumns,
  shownMeans,
  summedColumns,
} from '@lyceum/learning/history';
import type { RunSpecification } from '@lyceum/learning/specification';
import {
  eventFileName,
  historyScalars,
  type Scalars,
  scalarsRecord,
  startRecords,
} from '@lyceum/learning/tensorboard';
import { type Logger, makeFolder } from '@lyceum/platform';
import type { TrainingProgress } from '../job/index.js';
import type { AssignmentKey } from '../session/index.js';

type Told = Pick<TrainingProgress, 'history'>;

export class EventLog {
  readonly #file: string;
  readonly #specification: RunSpecification;
  readonly #history: StepHistory;
  readonly #log: Logger;
  /** Steps whose events are written. */
  #step: number;
  #writing: Promise<void>;
  #isBroken = false;

  /** @param step - steps that are done already: files of before may tell of more. */
  constructor(
    folder: string,
    { runId, assignmentEpoch }: AssignmentKey,
    specification: RunSpecification,
    step: number,
    log: Logger,
  ) {
    const seconds = Date.now() / 1000;
    const name = eventFileName(seconds, assignmentEpoch, hostname(), process.pid);
    this.#file = join(folder, runId, name);
    this.#specification = specification;
    this.#history = new StepHistory(summedColumns(specification).length);
    this.#step = step;
    this.#log = log;
    this.#writing = this.#begin(startRecords(seconds, step + 1));
  }

  /** Both reports and checkpoints tell of steps, and neither of all. */
  told({ history }: Told): void {
    this.#history.put(history);
    const events = this.#newEvents();
    this.#step = Math.max(this.#step, this.#history.endStep);
    if (events.length === 0) return;
    const records = Buffer.concat(events.map(scalarsRecord));
    this.#writing = this.#writing.then(() => this.#append(records));
  }

  /** Everything that was told is in the file, or cannot be. */
  written(): Promise<void> {
    return this.#writing;
  }

  /** Scalars of the steps that are new. In a long run several steps share a point, which has their mean so far. */
  #newEvents(): Scalars[] {
    const wallSeconds = Date.now() / 1000;
    const points = this.#history
      .points(this.#step, this.#history.endStep, HISTORY_BUCKETS)
      .map((point) => ({ ...point, means: shownMeans(this.#specification, point.means) }));
    const columns = shownColumns(this.#specification);
    return historyScalars({ columns, points }, wallSeconds).map((event) => ({
      ...event,
      wallSeconds,
    }));
  }

  async #begin(records: Uint8Array): Promise<void> {
    await this.#guarded(() => makeFolder(dirname(this.#file)));
    await this.#append(records);
  }

  #append(records: Uint8Array): Promise<void> {
    return this.#guarded(() => appendFile(this.#file, records));
  }

  /** Half a record would hide all that follows, so the first failure is the last. */
  async #guarded(write: () => Promise<unknown>): Promise<void> {
    if (this.#isBroken) return;
    try {
      await write();
    } catch (err) {
      this.#isBroken = true;
      this.#log.warn({ err, file: this.#file }, 'events are not written any more');
    }
  }
}
