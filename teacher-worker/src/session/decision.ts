/**
 * What to do next so that the teachers on this worker become the wanted ones. Pure.
 *
 * Level-triggered: the answer depends on what is wanted and what is here, never on how either came
 * about. Ask, do, ask again; undefined means that nothing can be done now.
 */
import type { Ticket } from '@lyceum/proto';

/** A data set that a teacher is asked about. */
export interface WantedDataset {
  /** SHA-256, hex. */
  readonly digest: string;
  /** Where it lies on a mounted volume; undefined: in the blob store. */
  readonly path: string | undefined;
}

/** The message of the same name, with digests in hex. */
export interface WantedTeacher {
  readonly identity: string;
  readonly modelDigest: string;
  readonly settingsJson: string;
  /** What runs the model. */
  readonly engine: string;
  /** What runs call it. */
  readonly names: readonly string[];
  /** JetStream's names of its queue. */
  readonly stream: string;
  readonly consumer: string;
  readonly datasets: readonly WantedDataset[];
  /** 0: no tickets are to be taken. */
  readonly ticketsInHand: number;
  readonly probes: readonly Ticket[];
}

/** A teacher that was loaded, or would not load. */
export type HeldTeacher =
  | {
      readonly status: 'loaded';
      readonly ticketsInHand: number;
      /** Digests of the sets that it has been warmed up on. */
      readonly datasets: ReadonlySet<string>;
    }
  | {
      readonly status: 'failed';
      /** When to try again, on the clock of `nowMs`; Infinity: not before it was unwanted once. */
      readonly retryAtMs: number;
    };

export type Step =
  /** Drop it, or the memory of its failure. */
  | { readonly action: 'unload'; readonly identity: string }
  | { readonly action: 'load'; readonly teacher: WantedTeacher }
  /** The teacher is loaded, but has not seen these sets yet. */
  | {
      readonly action: 'prepare';
      readonly teacher: WantedTeacher;
      readonly datasets: readonly WantedDataset[];
    };

/**
 * Unloads first, since that frees memory; then loads in the wanted order. A teacher whose tickets are
 * in hand is not unloaded: ask again when they are settled.
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

/** Milliseconds until a wanted teacher that failed is due again; undefined: none ever will be. */
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
