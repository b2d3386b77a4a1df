/** What follows from what a replica said or did, for `health-effects.ts` to carry out. */
import type { Replica } from './replica.js';

export interface Quarantine extends Replica {
  readonly reason: string;
  readonly sinceMs: number;
}

/** `unproven`: samples that it answered since it last gave the reference's answer to all its probes. */
export type HealthEffect<T = unknown> =
  /** Keep the quarantine, and show its reason. */
  | ({ readonly kind: 'quarantined'; readonly unproven: number } & Quarantine)
  /** Take the replica's tickets back: its answers to them count for nothing. */
  | ({ readonly kind: 'discredited' } & Replica)
  /** Drop these answers, and what was made of them. */
  | ({
      readonly kind: 'suspect';
      readonly reason: string;
      readonly items: readonly T[];
    } & Replica)
  /** Some answers of the teacher are no longer unproven. */
  | { readonly kind: 'proven'; readonly teacher: string }
  /** The budget allows no canary: the teacher's unproven answers are believed. */
  | { readonly kind: 'unchecked'; readonly teacher: string; readonly sampleCount: number }
  /** For the record: the replica is sound, but gives other bits. */
  | ({
      readonly kind: 'differs';
      readonly reason: string;
      readonly unproven: number;
    } & Replica)
  /** What the replica is to be told has changed. */
  | { readonly kind: 'changed' };
