/**
 * Log lines of all programs about runs, in memory: the newest lines of each run, for the runs with lines most
 * recently. A restart forgets them; the programs' own logs have everything.
 *
 * A line that names a run belongs to that run. A line that names a teacher belongs to every run in progress that has
 * the teacher. Lines of a worker count only for runs and teachers that the worker was told of.
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

/** How long after a run's end lines about its teachers still count: workers send lines about a second late. */
const LATE_MS = 10_000;

/** A line that is older than this has a wrong clock: it gets the coordinator's time. */
const OLDEST_MS = 24 * 60 * 60 * 1_000;

const OWN_NAME = 'coordinator';

/** A worker, and the runs and teachers that it may report on. */
export interface LineTeller {
  readonly workerId: string;
  readonly mayTellOfRun: (record: RunRecord) => boolean;
  readonly mayTellOfTeacher: (identity: string) => boolean;
}

export class RunLogs {
  readonly #store: Pick<RunStore, 'get' | 'list'>;
  readonly #now: () => number;
  /** By run id; the run with the newest line is last. */
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
   * Takes lines that a worker sent. Lines about runs or teachers that it may not report on are left out.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if there are too many lines.
   */
  told(teller: LineTeller, lines: readonly LoggedLine[]): void {
    if (lines.length > LOGGED_MAX_LINES) {
      const message = `${lines.length} lines of a log in one message; at most ${LOGGED_MAX_LINES} are taken`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    for (const line of lines) this.#take(teller, line);
  }

  /**
   * @param tail - how many of the newest lines; 0: all.
   * @returns the lines, how many lines after `query.after` were dropped, and the newest line's sequence.
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

  /** Calls `woken` after new lines of any run. @returns a function that ends the watch. */
  watch(woken: () => void): () => void {
    this.#watchers.add(woken);
    return () => this.#watchers.delete(woken);
  }

  /** Called when the run has been deleted. */
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

  /** @returns the runs that the line belongs to; if it is about a teacher, with the teacher's name in each run. */
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
