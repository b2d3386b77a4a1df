/** An input with what was answered, as rules see it. */

/** What is asked about, as it is shown to people and kept in files. */
export type InputValue =
  | { readonly text: string }
  | { readonly numbers: readonly number[] }
  /** From the folder of images, or of the table, on. */
  | { readonly image: string };

export interface CheckedInput {
  /** Digest of its content: equal inputs are one. */
  readonly id: string;
  readonly value: InputValue;
  readonly split?: 'train' | 'validation' | 'test';
  /**
   * By teacher: the class that it named; of several answers the most frequent one, of equals the first. Null: it does
   * not know. A teacher without a readable answer has no entry.
   */
  readonly answers: Readonly<Record<string, string | null>>;
  /** By teacher that is asked for several answers: the shares of those that can be read by class; "I do not know" is the rest. */
  readonly shares?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By teacher: what it said why, each text once, in order. */
  readonly explanations?: Readonly<Record<string, readonly Explanation[]>>;
  /** Teachers one of whose answers their server cut off. */
  readonly cutOff: readonly string[];
  /** Teachers that gave an answer on the worse side of a change of theirs, or where that may have been. */
  readonly drifted?: readonly string[];
  /** The most probable class behind the answers; absent without any. */
  readonly consensus?: string;
  /** Probability of the consensus: by Dawid and Skene with three teachers or more, else the share of the votes. */
  readonly probability?: number;
  /** The mean of what teachers say of how sure they are. */
  readonly confidence?: number;
}

/** Why a teacher answers as it does, in its words. */
export interface Explanation {
  /** What it explains; null: that the teacher does not know. */
  readonly class: string | null;
  readonly text: string;
}

/** What a student is measured on is not chosen by those whom it imitates. */
export function isHeldOut({ split }: Pick<CheckedInput, 'split'>): boolean {
  return split !== undefined && split !== 'train';
}

/** Held-out inputs first, then those to train on, each in their order: who comes first is kept of those that are alike. */
export function heldOutFirst(inputs: readonly Pick<CheckedInput, 'split'>[]): number[] {
  const rows = [...inputs.keys()];
  const heldOut = (row: number) => isHeldOut(inputs[row] as Pick<CheckedInput, 'split'>);
  return [...rows.filter(heldOut), ...rows.filter((row) => !heldOut(row))];
}
