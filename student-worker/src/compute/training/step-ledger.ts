/**
 * The ledger of a run: which assignment took which of the steps, on which targets.
 *
 * Each assignment adds one segment at the end. A checkpoint holds the segments of the steps that led to its weights;
 * steps that were lost with their worker are in no ledger.
 */
import { createHash, type Hash } from 'node:crypto';

/** Steps [firstStep, endStep), taken one after the other by one assignment. */
export interface LedgerSegment {
  readonly assignmentEpoch: number;
  readonly firstStep: number;
  readonly endStep: number;
  /** SHA-256, hex, over the targets of these steps in order: for each step its tensors by name, float32. */
  readonly targetsDigest: string;
}

export class StepLedger {
  readonly #former: readonly LedgerSegment[];
  readonly #assignmentEpoch: number;
  readonly #firstStep: number;
  readonly #targets = createHash('sha256');
  #endStep: number;

  /** @param former - segments of the checkpoint from which the assignment goes on. */
  constructor(former: readonly LedgerSegment[], assignmentEpoch: number, firstStep: number) {
    this.#former = former;
    this.#assignmentEpoch = assignmentEpoch;
    this.#firstStep = firstStep;
    this.#endStep = firstStep;
  }

  /** Records that the next step was taken on these targets. */
  add(targets: ReadonlyMap<string, Float32Array>): void {
    hashTargets(this.#targets, targets);
    this.#endStep++;
  }

  segments(): LedgerSegment[] {
    if (this.#endStep === this.#firstStep) return [...this.#former];
    const segment = {
      assignmentEpoch: this.#assignmentEpoch,
      firstStep: this.#firstStep,
      endStep: this.#endStep,
      targetsDigest: this.#targets.copy().digest('hex'),
    };
    return [...this.#former, segment];
  }
}

/** Adds one step's targets to the hash of a segment. */
export function hashTargets(hash: Hash, targets: ReadonlyMap<string, Float32Array>): void {
  for (const [, values] of [...targets].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  }
}
