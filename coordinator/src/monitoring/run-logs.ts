/**
 * What the logs of all programs say of runs, in memory: of the runs that were spoken of last, the newest lines of each. A
 * restart forgets them; the programs' own logs have everything.
 *
 * A line that names a run is that run's. One that names a teacher belongs to every run that asks it at the moment. Workers
 * are believed about runs and teachers that they were told of, and about nothing else.
 */
import {
  cut,
  digestHex,
  LOGGED_MAX_LETTERS,
  LOGGED_MAX_LINES,
  type LoggedLine,
  LogLevel,
  type LogLine,
  LyceumError,
} from '@lyceum/proto';
import type { RunRecord, RunStore } from '../runs/index.js';
import { hasEnded } from '../schedule/index.js';
import { type LogQuery, LogRing } from './log-ring.js';

/** Limits of one run. With {@link RUN_COUNT} runs, logs take at most 64 MiB of the coordinator's memory. */
const RUN_LIMITS = { lines: 2_000, bytes: 512 * 1024 };
const RUN_COUNT = 128;

/** A worker's lines come about a second after what they tell of, by which the run may have ended. */
const LATE_MS = 10_000;

/** The clock of a worker may go wrong, but not by so much. */
const OLDEST_MS = 24 * 60 * 60 * 1_000;

const OWN_NAME = 'coordinator';

/** A worker, and of what it may speak. */
export interface LineTeller {
  readonly workerId: string;
  readonly mayTellOfRun: (record: RunRecord) => boolean;
  readonly mayTellOfTeacher: (identity: string) => boolean;
}

export class RunLogs {
  readonly #store: Pick<RunStore, 'get' | 'list'>;
  readonly #now: () => number;
  /** Those that were spoken of last are last. */
  readonly #runs = new Map<string, LogRing>();
  readonly #watchers = new Set<() => void>();

  constructor(store: Pick<RunStore, 'get' | 'list'>, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** A line of the coordinator's own log. */
  own(line: LoggedLine): void {
    const all = () => true;
    this.#take({ workerId: OWN_NAME, mayTellOfRun: all, mayTellOfTeacher: all }, line);
  }

  /**
   * What a worker sent. What it may not speak of is left out.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if there are too many.
   */
  told(teller: LineTeller, lines: readonly LoggedLine[]): void {
    if (lines.length > LOGGED_MAX_LINES) {
      const message = `${lines.length} lines of a log in one message; at most ${LOGGED_MAX_LINES} are taken`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    for (const line of lines) this.#take(teller, line);
  }

  /**
   * @param tail - the newest so many; 0: all.
   * @returns the lines, how many are gone behind `after`, and the newest line's sequence.
   */
  read(
    runId: string,
    query: LogQuery,
    tail: number,
  ): { lines: LogLine[]; omittedCount: number; lastSequence: number } {
    const ring = this.#runs.get(runId);
    if (ring === undefined) return { lines: [], omittedCount: 0, lastSequence: 0 };
    const { lastSequence } = ring;
    return {
      lines: tail === 0 ? ring.read(query) : ring.read(query).slice(-tail),
      omittedCount: tail === 0 ? ring.omittedAfter(query.after) : 0,
      lastSequence,
    };
  }

  /** Sequence of the newest line about the run; 0: none is kept. */
  lastSequence(runId: string): number {
    return this.#runs.get(runId)?.lastSequence ?? 0;
  }

  /** Calls `woken` after new lines, of whatever run. @returns how to stop that. */
  watch(woken: () => void): () => void {
    this.#watchers.add(woken);
    return () => this.#watchers.delete(woken);
  }

  /** The run has been deleted. */
  forget(runId: string): void {
    this.#runs.delete(runId);
  }

  #take(teller: LineTeller, { about, atMs, level, message }: LoggedLine): void {
    const nowMs = this.#now();
    const line = {
      atMs: atMs > nowMs || atMs < nowMs - OLDEST_MS ? nowMs : atMs,
      level: isLevel(level) ? level : LogLevel.LOG_LEVEL_INFO,
      from: teller.workerId,
    };
    for (const { runId, name } of this.#runsOf(teller, about, nowMs)) {
      const text = name === undefined ? message : `teacher ${name}: ${message}`;
      this.#add(runId, { ...line, message: cut(text, LOGGED_MAX_LETTERS) });
    }
  }

  /** @returns the runs that the line belongs to; of a line about a teacher, with the name that each run gives it. */
  #runsOf(
    { mayTellOfRun, mayTellOfTeacher }: LineTeller,
    about: LoggedLine['about'],
    nowMs: number,
  ): { readonly runId: string; readonly name?: string }[] {
    if (about?.$case === 'runId') {
      const record = this.#store.get(about.runId);
      return record !== undefined && mayTellOfRun(record) ? [{ runId: record.runId }] : [];
    }
    if (about === undefined) return [];
    const identity = digestHex(about.teacherIdentity);
    if (!mayTellOfTeacher(identity)) return [];
    return this.#store
      .list()
      .filter(({ state, endedAtMs }) => !hasEnded(state) || nowMs - endedAtMs < LATE_MS)
      .flatMap(({ runId, teachers }) => {
        const teacher = teachers.find((one) => one.identity === identity);
        return teacher === undefined ? [] : [{ runId, name: teacher.name }];
      });
  }

  #add(runId: string, line: Omit<LogLine, 'sequence'>): void {
    const ring = this.#runs.get(runId) ?? new LogRing(RUN_LIMITS);
    ring.add(line);
    this.#runs.delete(runId);
    this.#runs.set(runId, ring);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > RUN_COUNT && oldest !== undefined) this.#runs.delete(oldest);
    for (const woken of this.#watchers) woken();
  }
}

function isLevel(level: number): boolean {
  return level >= LogLevel.LOG_LEVEL_INFO && level <= LogLevel.LOG_LEVEL_FATAL;
}
