/** Which processes are disturbed, how and when: a pure function of a seed. */
import { createHash } from 'node:crypto';
import type { ProcessKind } from '@lyceum/cli/local-cluster';

/** `SIGKILL`: started again `awayMs` later. `SIGSTOP`: goes on after `awayMs`. */
export type DisturbanceSignal = 'SIGKILL' | 'SIGSTOP';

export interface Disturbance {
  /** Takes place once the run has taken this many steps. */
  readonly step: number;
  readonly kind: ProcessKind;
  readonly signal: DisturbanceSignal;
  readonly awayMs: number;
  /** Uniform in [0, 1): chooses among processes of the kind. */
  readonly choice: number;
}

export interface PlanOptions {
  readonly seed: number;
  readonly count: number;
  readonly stepCount: number;
  /** How long stopped processes are stopped, ms; one of these each time. */
  readonly stopMs: readonly number[];
}

const KINDS: readonly ProcessKind[] = ['teacher', 'student', 'coordinator', 'nats'];
const SIGNALS: readonly DisturbanceSignal[] = ['SIGKILL', 'SIGSTOP'];

/** How long a killed process stays away, ms. */
const DEAD_MAX_MS = 3_000;

/**
 * Disturbances at steps between 10 % and 90 % of the run, in order. Every kind of process comes once before one
 * comes twice, and every kind with either signal before a pair repeats.
 */
export function disturbancePlan({ seed, count, stepCount, stopMs }: PlanOptions): Disturbance[] {
  const random = uniform(seed);
  const steps = Array.from({ length: count }, () =>
    Math.floor(stepCount * (0.1 + 0.8 * random())),
  ).sort((a, b) => a - b);
  const targets: { kind: ProcessKind; signal: DisturbanceSignal }[] = [];
  while (targets.length < count) {
    const firstSignals = new Map(KINDS.map((kind) => [kind, pick(SIGNALS, random())]));
    for (const round of [0, 1]) {
      for (const kind of shuffled(KINDS, random)) {
        const first = firstSignals.get(kind) ?? 'SIGKILL';
        const other = first === 'SIGKILL' ? 'SIGSTOP' : 'SIGKILL';
        targets.push({ kind, signal: round === 0 ? first : other });
      }
    }
  }
  return shuffled(targets.slice(0, count), random).map(({ kind, signal }, index) => {
    const awayMs =
      signal === 'SIGSTOP' ? pick(stopMs, random()) : Math.floor(random() * DEAD_MAX_MS);
    return { step: steps[index] ?? 0, kind, signal, awayMs, choice: random() };
  });
}

/** Uniform numbers in [0, 1), the n-th from the seed and n. */
function uniform(seed: number): () => number {
  let n = 0;
  return () => {
    const digest = createHash('sha256').update(`${seed}/${n++}`).digest();
    return digest.readUIntBE(0, 6) / 2 ** 48;
  };
}

function pick<T>(values: readonly T[], choice: number): T {
  return values[Math.floor(choice * values.length)] as T;
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  return values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
