/** Which processes are disturbed, how and when: a pure function of a seed. */
import { createHash } from 'node:crypto';
import type { ProcessKind } from '@lyceum/cli/local-cluster';
import { LINK_FAULTS, type LinkFault } from './links.js';

/**
 * `SIGKILL`: the process is started again after `awayMs`. `SIGSTOP`: the process goes on after `awayMs`. Link faults
 * hit the process' network for `awayMs`.
 */
export type Fault = 'SIGKILL' | 'SIGSTOP' | LinkFault;

/** `server`: the server that teacher workers ask. */
export type StruckKind = ProcessKind | 'server';

export interface Disturbance {
  /** The disturbance happens once the run has taken this many steps. */
  readonly step: number;
  readonly kind: StruckKind;
  readonly fault: Fault;
  readonly awayMs: number;
  /** Uniform in [0, 1): chooses among processes of the kind. */
  readonly choice: number;
}

export interface PlanOptions {
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Default: the processes of a cluster. */
  readonly kinds?: readonly StruckKind[];
  readonly count: number;
  readonly stepCount: number;
  /**
   * Share of the run's steps before which no blow falls; below 0, some fall before the first step. Default a tenth.
   */
  readonly firstBlowAt?: number;
  /** How long a process may be stopped or out of reach, in ms; each disturbance takes one of these values. */
  readonly stopMs: readonly number[];
}

export const PROCESS_KINDS: readonly ProcessKind[] = ['teacher', 'student', 'coordinator', 'nats'];
export const PROCESS_FAULTS: readonly Fault[] = ['SIGKILL', 'SIGSTOP'];
export const FAULTS: readonly Fault[] = [...PROCESS_FAULTS, ...LINK_FAULTS];

/** How long a killed process stays away, ms. */
const DEAD_MAX_MS = 3_000;

/**
 * Disturbances at steps up to 90 % of the run, in order. Every kind of process comes once before any kind comes twice,
 * and every pair of kind and fault comes once before any pair comes twice.
 */
export function disturbancePlan({
  seed,
  faults,
  kinds = PROCESS_KINDS,
  count,
  stepCount,
  firstBlowAt = 0.1,
  stopMs,
}: PlanOptions): Disturbance[] {
  const random = uniform(seed);
  const steps = Array.from({ length: count }, () =>
    Math.max(0, Math.floor(stepCount * (firstBlowAt + (0.9 - firstBlowAt) * random()))),
  ).sort((a, b) => a - b);
  const targets: { kind: StruckKind; fault: Fault }[] = [];
  while (targets.length < count) {
    const orders = kinds.map((kind) => ({ kind, order: shuffled(faults, random) }));
    for (const round of faults.keys()) {
      for (const { kind, order } of shuffled(orders, random)) {
        targets.push({ kind, fault: order[round] as Fault });
      }
    }
  }
  return shuffled(targets.slice(0, count), random).map(({ kind, fault }, index) => {
    const awayMs =
      fault === 'SIGKILL' ? Math.floor(random() * DEAD_MAX_MS) : pick(stopMs, random());
    return { step: steps[index] ?? 0, kind, fault, awayMs, choice: random() };
  });
}

/** Uniform numbers in [0, 1): the n-th is computed from the seed and n. */
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
