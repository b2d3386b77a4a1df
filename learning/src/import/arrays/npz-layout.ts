/**
 * Which arrays of an NPZ file are samples, labels and splits, by the names that people give them:
 *
 * - all samples in one array: `inputs` (or `images`, `data`, `features`, `x`), `labels` (or `targets`, `classes`,
 *   `y`) and perhaps `splits`; with several modalities `inputs.NAME` for each
 * - one array a split: `x_train` and `y_train`, `x_val` and `y_val`, `x_test` and `y_test`, as in Keras;
 *   `train_images` and `train_labels` mean the same
 *
 * Case does not matter, nor a plural's s, nor whether the split comes first. Other arrays are ignored.
 */
import type { Problem } from '@lyceum/proto';
import { SPLIT_NAMES, type SplitName, splitNamed } from '../../datasets/index.js';

export interface WholeLayout {
  readonly kind: 'whole';
  /** Names of arrays. */
  readonly inputs: readonly string[];
  readonly labels: string;
  readonly splits: string | undefined;
}

export interface PartsLayout {
  readonly kind: 'parts';
  /** In the order of {@link SPLIT_NAMES}; train is one of them. */
  readonly parts: readonly {
    readonly split: SplitName;
    readonly inputs: string;
    readonly labels: string;
  }[];
}

/** The layouts in words, for messages and help. */
const NPZ_LAYOUT =
  'inputs [N, …], labels [N] and perhaps splits [N] (1 train, 2 validation, 3 test); or x_train, y_train, x_test, y_test';

/** Prefix of the array of one of several modalities. */
const MODALITY = 'inputs.';
const WORDS = {
  inputs: /^(inputs?|images?|data|features?|x)$/,
  labels: /^(labels?|targets?|class(es)?|y)$/,
  splits: /^splits?$/,
} as const;
const SPLITS = 'train(?:ing)?|val(?:id(?:ation)?)?|dev|test(?:ing)?';
const OF_SPLIT = [
  new RegExp(`^(?<word>[a-z]+?)[_.-]?(?<split>${SPLITS})$`),
  new RegExp(`^(?<split>${SPLITS})[_.-]?(?<word>[a-z]+)$`),
];
const NAMES_SHOWN = 20;

type Role = keyof typeof WORDS;

interface Meaning {
  readonly role: Role;
  /** Undefined: the array holds samples of all splits. */
  readonly split: SplitName | undefined;
}

/** @returns undefined, having added problems, if the names do not say which arrays are which. */
export function npzLayout(
  names: readonly string[],
  problems: Problem[],
): WholeLayout | PartsLayout | undefined {
  const wrong = (path: string, message: string) => {
    const shown = names.slice(0, NAMES_SHOWN).join(', ') || 'none';
    problems.push({ path, message: `${message}. The arrays are: ${shown}. Want ${NPZ_LAYOUT}` });
    return undefined;
  };
  const modalities = names.filter((name) => name.startsWith(MODALITY)).sort();
  const found = new Map<string, string>();
  for (const name of names) {
    const meaning = meaningOf(name);
    if (meaning === undefined) continue;
    const key = keyOf(meaning);
    const other = found.get(key);
    if (other !== undefined) return wrong(name, `and ${other} could both be the ${key}`);
    found.set(key, name);
  }
  const named = (role: Role, split?: SplitName) => found.get(keyOf({ role, split }));
  const whole = [named('inputs'), named('labels'), named('splits'), ...modalities];
  const parts = SPLIT_NAMES.filter((split) => named('inputs', split) ?? named('labels', split));
  if (parts.length === 0) {
    const labels = named('labels');
    // A nameless array beside named ones is refused later, with the set's other problems.
    const inputs = [named('inputs'), ...modalities].filter((name) => name !== undefined);
    if (inputs.length === 0) wrong('inputs', 'is missing');
    if (labels === undefined) return wrong('labels', 'is missing');
    if (inputs.length === 0) return undefined;
    return { kind: 'whole', inputs, labels, splits: named('splits') };
  }
  const beside = whole.find((name) => name !== undefined);
  if (beside !== undefined) return wrong(beside, 'is there beside arrays of single splits');
  if (!parts.includes('train')) return wrong('x_train', 'is missing');
  const pairs = parts.flatMap((split) => {
    const [inputs, labels] = [named('inputs', split), named('labels', split)];
    if (inputs !== undefined && labels !== undefined) return [{ split, inputs, labels }];
    wrong(`${inputs === undefined ? 'x' : 'y'}_${split}`, 'is missing');
    return [];
  });
  return pairs.length === parts.length ? { kind: 'parts', parts: pairs } : undefined;
}

function meaningOf(name: string): Meaning | undefined {
  const lower = name.toLowerCase();
  const role = roleOf(lower);
  if (role !== undefined) return { role, split: undefined };
  for (const pattern of OF_SPLIT) {
    const { word = '', split = '' } = pattern.exec(lower)?.groups ?? {};
    const partRole = roleOf(word);
    if (partRole === 'inputs' || partRole === 'labels') {
      return { role: partRole, split: splitNamed(split) };
    }
  }
  return undefined;
}

function roleOf(word: string): Role | undefined {
  return (Object.keys(WORDS) as Role[]).find((role) => WORDS[role].test(word));
}

function keyOf({ role, split }: Meaning): string {
  return split === undefined ? role : `${role} of ${split}`;
}
