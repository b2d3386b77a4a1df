/**
 * The live state of runs, which no record holds: progress, and why they wait. Watchers of a run
 * are woken by changes of this state and of its record.
 */
import type { StepProgress } from '@lyceum/proto';
import type { ProgressSnapshot, RunStore, WorkerEnvironment } from '../runs/index.js';
import { RecentRate } from './recent-rate.js';
import { RunCosts } from './run-costs.js';

interface Live {
  progress?: ProgressSnapshot;
  degradedShare?: number;
  studentRate?: number;
  readonly rate: RecentRate;
}

export class RunMonitor {
  readonly costs = new RunCosts();
  readonly #runs = new Map<string, Live>();
  readonly #watchers = new Map<string, Set<() => void>>();
  #reasons: ReadonlyMap<string, string> = new Map();

  constructor(store: Pick<RunStore, 'get' | 'onChange'>) {
    store.onChange((runId) => {
      if (store.get(runId) === undefined) this.#forgetDeleted(runId);
      this.#wake(runId);
    });
  }

  progress(runId: string): ProgressSnapshot | undefined {
    return this.#runs.get(runId)?.progress;
  }

  /** Samples per second that the student trains on while it need not wait; undefined: it has not taken a step. */
  studentRate(runId: string): number | undefined {
    return this.#runs.get(runId)?.studentRate;
  }

  /** Takes a student worker's report. @returns the new snapshot, and the one before. */
  report(
    runId: string,
    report: StepProgress,
  ): { now: ProgressSnapshot; before: ProgressSnapshot | undefined } {
    const live = this.#live(runId);
    const { samples, trainingSeconds, waitingSeconds, validation } = report;
    const before = live.progress;
    const now: ProgressSnapshot = {
      step: report.step,
      epoch: report.epoch,
      loss: finite(report.loss),
      learningRate: finite(report.learningRate),
      samplesPerSecond: live.rate.add(samples, trainingSeconds),
      waitingShare: trainingSeconds > 0 ? Math.min(1, waitingSeconds / trainingSeconds) : 0,
      checkpointStep: report.checkpointStep,
      ...(live.degradedShare !== undefined && { degradedShare: live.degradedShare }),
      ...(validation === undefined
        ? before?.validation && { validation: before.validation }
        : {
            validation: {
              step: validation.step,
              accuracy: finite(validation.accuracy),
              nll: finite(validation.nll),
            },
          }),
    };
    live.progress = now;
    const ownSeconds = trainingSeconds - waitingSeconds;
    if (ownSeconds > 0) live.studentRate = samples / ownSeconds;
    this.#wake(runId);
    return { now, before };
  }

  /** Notes the share of the run's steps whose targets are made of fewer than all teachers. */
  degraded(runId: string, degradedShare: number): void {
    const live = this.#live(runId);
    live.degradedShare = degradedShare;
    if (live.progress !== undefined) live.progress = { ...live.progress, degradedShare };
    this.#wake(runId);
  }

  /** @param reasons - why each waiting run waits, by run id. */
  setReasons(reasons: ReadonlyMap<string, string>): void {
    const changed = [...new Set([...this.#reasons.keys(), ...reasons.keys()])].filter(
      (runId) => this.#reasons.get(runId) !== reasons.get(runId),
    );
    this.#reasons = reasons;
    for (const runId of changed) this.#wake(runId);
  }

  reason(runId: string): string {
    return this.#reasons.get(runId) ?? '';
  }

  /** Called when the run has ended: its record holds its final state. */
  forget(runId: string): void {
    this.#runs.delete(runId);
  }

  /** Late reports of a deleted run must not count for a new run of the same id. */
  #forgetDeleted(runId: string): void {
    this.forget(runId);
    this.costs.forget(runId);
  }

  /** Calls `woken` after each change of a run. @returns a function that ends the watch. */
  watch(runId: string, woken: () => void): () => void {
    const watchers = this.#watchers.get(runId) ?? new Set();
    this.#watchers.set(runId, watchers.add(woken));
    return () => {
      watchers.delete(woken);
      if (watchers.size === 0 && this.#watchers.get(runId) === watchers) {
        this.#watchers.delete(runId);
      }
    };
  }

  #live(runId: string): Live {
    const live = this.#runs.get(runId) ?? { rate: new RecentRate() };
    this.#runs.set(runId, live);
    return live;
  }

  #wake(runId: string): void {
    for (const woken of this.#watchers.get(runId) ?? []) woken();
  }
}

/** A key that is equal for workers whose results are expected to have equal bits. */
export function bitsKey(worker: WorkerEnvironment): string {
  const { engine, engineVersion, computeThreads, device } = worker;
  return `${engine} ${engineVersion} on ${device}, ${computeThreads} threads`;
}

/** 0 in place of NaN and infinity, which JSON, and so a record, cannot hold. */
export function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
