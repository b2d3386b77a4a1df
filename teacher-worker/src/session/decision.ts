/**
 * The next step towards having exactly the wanted teachers on this worker. Pure.
 *
 * Level-triggered: the step depends only on what is wanted and what is here, not on how that came about. Ask, carry
 * the step out, ask again; undefined means that nothing can be done now.
 */
import type { Ticket } from '@lyceum/proto';

/** A data set that a teacher is asked about. */
export interface WantedDataset {
  /** SHA-256, hex. */
  readonly digest: string;
  /** The set's path on a mounted volume; undefined: it is in the blob store. */
  readonly path: string | undefined;
}

/** The message of the same name, with digests in hex. */
export interface WantedTeacher {
  readonly identity: string;
  readonly modelDigest: string;
  readonly settingsJson: string;
  /** The engine that runs the model. */
  readonly engine: string;
  /** The teacher's names in runs. */
  readonly names: readonly string[];
  /** JetStream's names of the teacher's queue. */
  readonly stream: string;
  readonly consumer: string;
  readonly datasets: readonly WantedDataset[];
  /** 0: the worker takes no tickets. */
  readonly ticketsInHand: number;
  readonly probes: readonly Ticket[];
}

/** A teacher that is loaded, or failed to load. */
export type HeldTeacher =
  | {
      readonly status: 'loaded';
      readonly ticketsInHand: number;
      /** Digests of the sets on which the teacher has been warmed up. */
      readonly datasets: ReadonlySet<string>;
    }
  | {
      readonly status: 'failed';
      /** When to try again, on the clock of `nowMs`; Infinity: only after the teacher was unwanted once. */
      readonly retryAtMs: number;
    };

export type Step =
  /** Unload the teacher, or forget its failure. */
  | { readonly action: 'unload'; readonly identity: string }
  | { readonly action: 'load'; readonly teacher: WantedTeacher }
  /** The teacher is loaded, but has not been warmed up on these sets. */
  | {
      readonly action: 'prepare';
      readonly teacher: WantedTeacher;
      readonly datasets: readonly WantedDataset[];
    };

/**
 * Unloads first, since that frees memory; then loads in the wanted order. A teacher with tickets in hand is not
 * unloaded: ask again when they are settled.
 */
export function nextStep(
  wanted: readonly WantedTeacher[],
  held: ReadonlyMap<string, HeldTeacher>,
  nowMs: number,
): Step | undefined {
  const wantedIdentities = new Set(wanted.map((teacher) => teacher.identity));
  for (const [identity, teacher] of held) {
    const busy = teacher.status === 'loaded' && teacher.ticketsInHand > 0;
    if (!wantedIdentities.has(identity) && !busy) return { action: 'unload', identity };
  }
  for (const teacher of wanted) {
    const here = held.get(teacher.identity);
    if (here === undefined) return { action: 'load', teacher };
    if (here.status === 'failed') {
      if (here.retryAtMs <= nowMs) return { action: 'load', teacher };
      continue;
    }
    const datasets = teacher.datasets.filter(({ digest }) => !here.datasets.has(digest));
    if (datasets.length > 0) return { action: 'prepare', teacher, datasets };
  }
  return undefined;
}

/** Milliseconds until the next retry of a wanted teacher that failed; undefined: none will be retried. */
export function untilNextRetryMs(
  wanted: readonly WantedTeacher[],
  held: ReadonlyMap<string, HeldTeacher>,
  nowMs: number,
): number | undefined {
  const times = wanted.flatMap(({ identity }) => {
    const here = held.get(identity);
    return here?.status === 'failed' && Number.isFinite(here.retryAtMs) ? [here.retryAtMs] : [];
  });
  return times.length === 0 ? undefined : Math.max(0, Math.min(...times) - nowMs);
}
