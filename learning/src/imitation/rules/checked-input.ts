/** An input with its answers, in the form that rules take. */

/** The input that teachers are asked about, as people see it and files hold it. */
export type InputValue =
  | { readonly text: string }
  | { readonly numbers: readonly number[] }
  /** Path below the folder of images, or below the table's folder. */
  | { readonly image: string };

export interface CheckedInput {
  /** Digest of the content: equal inputs have the same id. */
  readonly id: string;
  readonly value: InputValue;
  readonly split?: 'train' | 'validation' | 'test';
  /**
   * By teacher: the class that it named; of several answers the most frequent class, of equally frequent ones the
   * first. Null: the teacher does not know. A teacher without a readable answer has no entry.
   */
  readonly answers: Readonly<Record<string, string | null>>;
  /**
   * By teacher that is asked for several answers: each class's share of the readable ones; "I do not know" is the
   * rest.
   */
  readonly shares?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By teacher: its explanations, each text once, in order. */
  readonly explanations?: Readonly<Record<string, readonly Explanation[]>>;
  /** Teachers with an answer that their server cut off. */
  readonly cutOff: readonly string[];
  /** Teachers that changed while they were asked, and gave an answer on the worse side of the change, or may have. */
  readonly drifted?: readonly string[];
  /** The most probable class behind the answers; absent if there are no answers. */
  readonly consensus?: string;
  /**
   * Probability of the consensus: by Dawid and Skene if there are three teachers or more, else its share of the votes.
   */
  readonly probability?: number;
  /** The mean of the teachers' own statements of how sure they are. */
  readonly confidence?: number;
}

/** A teacher's reason for its answer, in its own words. */
export interface Explanation {
  /** The class that is explained; null: that the teacher does not know. */
  readonly class: string | null;
  readonly text: string;
}

/** Held-out inputs are never dropped: the teachers that a student imitates must not choose what it is measured on. */
export function isHeldOut({ split }: Pick<CheckedInput, 'split'>): boolean {
  return split !== undefined && split !== 'train';
}

/** Held-out inputs first, then those for training, each in their order: of alike inputs the first one is kept. */
export function heldOutFirst(inputs: readonly Pick<CheckedInput, 'split'>[]): number[] {
  const rows = [...inputs.keys()];
  const heldOut = (row: number) => isHeldOut(inputs[row] as Pick<CheckedInput, 'split'>);
  return [...rows.filter(heldOut), ...rows.filter((row) => !heldOut(row))];
}
