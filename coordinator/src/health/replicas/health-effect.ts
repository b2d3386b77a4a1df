/** What follows from what a replica said or did: what the shell has to carry out, keep and tell. */
import type { Replica } from './replica.js';

export interface Quarantine extends Replica {
  readonly reason: string;
  readonly sinceMs: number;
}

/** `unproven`: samples that it answered since it last gave the reference's answer to all its probes. */
export type HealthEffect<T = unknown> =
  /** Take its tickets back, and keep and show why. */
  | ({ readonly kind: 'quarantined'; readonly unproven: number } & Quarantine)
  /** What is unproven is not to be used, nor what was made of it. */
  | ({
      readonly kind: 'suspect';
      readonly reason: string;
      readonly items: readonly T[];
    } & Replica)
  /** Something that was unproven is not any more. */
  | { readonly kind: 'proven'; readonly teacher: string }
  /** Nobody pays for a canary: what is unproven of the teacher is believed. */
  | { readonly kind: 'unchecked'; readonly teacher: string; readonly sampleCount: number }
  /** For the record: sound, but with other bits. */
  | ({
      readonly kind: 'differs';
      readonly reason: string;
      readonly unproven: number;
    } & Replica)
  /** What the replica is to be told has changed. */
  | { readonly kind: 'changed' };
