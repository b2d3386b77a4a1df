/** The answers with which all answers to probes are compared: one a probe. Pure. */
import { compareProbes, REPLICA_TOLERANCE } from './probe-comparison.js';

export interface ProbeAnswer {
  readonly round: number;
  /** The values are classes, not logits. */
  readonly isClass: boolean;
  readonly values: Float32Array;
  /** SHA-256 of the values. */
  readonly digest: string;
}

interface Reference extends ProbeAnswer {
  /** Undefined: the answer was kept on disk. */
  readonly workerId: string | undefined;
}

/** What a replica says to a probe. */
interface JudgedAnswer {
  readonly workerId: string;
  /** The replica asks the same model, behind one server, as the one that gave the reference. */
  readonly isShared: boolean;
  /** How far equal questions may be answered apart, as a share of the greatest logit (at least 1). */
  readonly noise: number;
  /** The replica's first answer since its self-test, and its newest. */
  readonly first: Float32Array;
  readonly values: Float32Array;
}

interface ProbeVerdict {
  readonly isSound: boolean;
  readonly equalBits: boolean;
  /** What differs, from what, and by how much. */
  readonly reason: string;
}

/** How messages call a reference that was kept on disk. */
const KEPT = 'those that were kept with the stored answers';

export class ProbeReferences {
  readonly #references = new Map<string, Reference>();
  /** Digests of the answers that runs in progress began with, by probe. */
  readonly #expected = new Map<string, string>();

  /** Undefined: no replica has answered the probe yet. */
  get(probe: string): ProbeAnswer | undefined {
    return this.#references.get(probe);
  }

  /** The answer that was kept with the stored ones of the teacher: it comes before all others. */
  keep(probe: string, answer: ProbeAnswer): void {
    this.#references.set(probe, { ...answer, workerId: undefined });
  }

  /** A run began with this answer to the probe. */
  expect(probe: string, digest: string): void {
    this.#expected.set(probe, digest);
  }

  /**
   * Makes the answer the reference, if there is none, or if a run began with this answer and not with the present one.
   *
   * @returns whether it did.
   */
  offer(probe: string, answer: ProbeAnswer, workerId: string): boolean {
    const digest = this.#references.get(probe)?.digest;
    const isExpected = answer.digest !== digest && answer.digest === this.#expected.get(probe);
    if (digest !== undefined && !isExpected) return false;
    this.#references.set(probe, { ...answer, workerId });
    return true;
  }

  /** Forgets all probes but these. */
  retain(probes: ReadonlySet<string>): void {
    for (const kept of [this.#references, this.#expected]) {
      for (const probe of kept.keys()) if (!probes.has(probe)) kept.delete(probe);
    }
  }

  /**
   * Compares an answer with the reference and with the replica's first one.
   *
   * @returns undefined without a reference.
   */
  judge(probe: string, answer: JudgedAnswer): ProbeVerdict | undefined {
    const reference = this.#references.get(probe);
    if (reference === undefined) return undefined;
    const { isClass, workerId: giver } = reference;
    const { workerId, first, values, noise } = answer;
    const own = compareProbes(first, values, isClass, noise);
    const tolerance = answer.isShared || giver === workerId ? noise : REPLICA_TOLERANCE;
    const others = compareProbes(reference.values, values, isClass, tolerance);
    const isOwn = giver === workerId || !own.isTolerated;
    const whose = isOwn ? 'its own first ones' : giver === undefined ? KEPT : `those of ${giver}`;
    const { text } = own.isTolerated ? others : own;
    return {
      isSound: own.isTolerated && others.isTolerated,
      equalBits: own.equalBits && others.equalBits,
      reason: `its answers to the probe differ from ${whose} ${text}`,
    };
  }
}
