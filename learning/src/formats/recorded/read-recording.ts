/**
 * Reads predictions that were made elsewhere, as answers to a set: an NPZ of arrays, or JSON lines. Pure.
 *
 * NPZ: `classes` [n], numbers or names as texts ('' for no answer), `logits` [n, C] or `probabilities` [n, C], of the
 * types that NumPy saves. With `samples` [n] the rows answer those samples of the set, else all samples, in its order.
 * JSON lines: `{"sample": 12, "class": "cat"}`, or `logits` or `probabilities`
 * in place of `class`, which is a name, a number, or null for no answer.
 */
import { elementCount, InvalidDocumentError, type LyceumError, type Problem } from '@lyceum/proto';
import { logProbability, SUM_TOLERANCE } from '../../arrays/index.js';
import {
  arrayMembers,
  bareName,
  FOREIGN_NPZ_LIMITS,
  type ForeignTexts,
  type NpyArray,
  readForeignNpy,
  readForeignTexts,
  readZip,
} from '../../files/index.js';
import type { RecordedAnswers } from './recorded-package.js';

/** The most problems that are told; the others are likely alike. */
const PROBLEMS_SHOWN = 10;

export interface AnsweredSet {
  readonly sampleCount: number;
  readonly classNames: readonly string[];
}

/** One sample's answer. */
interface Row {
  readonly sample: number;
  /** Number of the class; −1: no answer. */
  readonly class?: number;
  readonly logits?: readonly number[];
}

/** @throws {InvalidDocumentError} naming what is wrong, and in which sample. */
export function readRecordingNpz(
  bytes: Uint8Array,
  set: AnsweredSet,
  source: string,
): RecordedAnswers {
  const arrays = arrayMembers(readZip(bytes, FOREIGN_NPZ_LIMITS, source));
  const kinds = ['classes', 'logits', 'probabilities'].filter((name) => arrays.has(name));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const there = [...arrays.keys()].map(bareName).join(', ') || 'none';
    throw refusal(source, `has the arrays ${there}; want one of classes, logits and probabilities`);
  }
  const array = <T>(name: string, read: (bytes: Uint8Array, what: string) => T): T =>
    read(arrays.get(name) as Uint8Array, `${source}, ${name}`);
  const texts = kind === 'classes' ? array(kind, readForeignTexts) : undefined;
  const values: Pick<NpyArray, 'shape' | 'data'> =
    texts === undefined ? array(kind, readForeignNpy) : numbered(texts, set, source);
  const width = kind === 'classes' ? 1 : set.classNames.length;
  const [count = 0, ...rest] = values.shape;
  const shapeFits = kind === 'classes' ? rest.length === 0 : rest.length === 1 && rest[0] === width;
  if (!shapeFits) {
    const want = kind === 'classes' ? '[n]' : `[n, ${width}]`;
    throw refusal(source, `${kind} has shape [${values.shape}]; want ${want}`);
  }
  const samples = arrays.has('samples') ? array('samples', readForeignNpy) : undefined;
  const sampleOf = (row: number): number =>
    samples === undefined ? row : Number(samples.data[row]);
  if (samples !== undefined && `${samples.shape}` !== `${count}`) {
    throw refusal(source, `samples has shape [${samples.shape}], and ${kind} has ${count} rows`);
  }
  const numbers = (row: number) =>
    Array.from(values.data.subarray(row * width, (row + 1) * width) as ArrayLike<number>, Number);
  // Row by row: as lists of numbers, all rows together would take several times the file's size.
  const rows = function* (): Generator<Row> {
    for (let row = 0; row < count; row++) {
      const sample = sampleOf(row);
      if (kind === 'classes') yield { sample, class: numbers(row)[0] as number };
      else yield { sample, logits: inLogits(kind, numbers(row)) };
    }
  };
  return answersOf(rows(), kind !== 'classes', set, source);
}

/** Names of classes as their numbers; −1 for the empty text. */
function numbered(
  { shape, texts }: ForeignTexts,
  { classNames }: AnsweredSet,
  source: string,
): Pick<NpyArray, 'shape' | 'data'> {
  const numbers = new Map(classNames.map((name, index) => [name, index]));
  numbers.set('', numbers.get('') ?? -1);
  const data = new Int32Array(elementCount(shape));
  let row = 0;
  for (const text of texts) {
    const number = numbers.get(text);
    if (number === undefined) {
      throw refusal(
        source,
        `classes, entry ${row}: ${unknownClass(text, classNames)}, or '' for none`,
      );
    }
    data[row++] = number;
  }
  return { shape, data };
}

function unknownClass(said: unknown, classNames: readonly string[]): string {
  const more = classNames.length > 8 ? ', …' : '';
  return `has the class ${JSON.stringify(said)}; want one of ${classNames.slice(0, 8).join(', ')}${more}`;
}

/** @throws {InvalidDocumentError} naming the line that is wrong. */
export function readRecordingLines(
  text: string,
  set: AnsweredSet,
  source: string,
): RecordedAnswers {
  const rows: Row[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const row = rowOf(line, set);
    if (typeof row === 'string') throw refusal(source, `line ${index + 1}: ${row}`);
    rows.push(row);
  }
  const isLogits = rows.some(({ logits }) => logits !== undefined);
  return answersOf(rows, isLogits, set, source);
}

function rowOf(line: string, { classNames }: AnsweredSet): Row | string {
  let document: unknown;
  try {
    document = JSON.parse(line);
  } catch {
    return 'is not JSON';
  }
  if (typeof document !== 'object' || document === null) return 'is no object';
  const { sample, class: said, logits, probabilities } = document as Record<string, unknown>;
  if (typeof sample !== 'number') return 'has no sample, the number of a sample of the set, from 0';
  const [kind, numbers] =
    logits === undefined ? ['probabilities', probabilities] : ['logits', logits];
  if (numbers !== undefined) {
    const fits =
      Array.isArray(numbers) &&
      numbers.length === classNames.length &&
      numbers.every((n) => typeof n === 'number');
    if (!fits) return `${kind} must be a list of ${classNames.length} numbers`;
    return { sample, logits: inLogits(kind as string, numbers as number[]) };
  }
  if (said === null) return { sample, class: -1 };
  if (typeof said === 'number') return { sample, class: said };
  const named = typeof said === 'string' ? classNames.indexOf(said) : -1;
  if (named < 0) return `${unknownClass(said, classNames)}, or null`;
  return { sample, class: named };
}

/**
 * Numbers as logits: logarithms if they are probabilities, NaN if a row is no distribution. The error names that
 * sample.
 */
function inLogits(kind: string, numbers: readonly number[]): readonly number[] {
  if (kind === 'logits') return numbers;
  const sum = numbers.reduce((total, p) => total + p, 0);
  const isDistribution = Math.abs(sum - 1) <= SUM_TOLERANCE && numbers.every((p) => p >= 0);
  return numbers.map((p) => (isDistribution ? logProbability(p) : Number.NaN));
}

function answersOf(
  rows: Iterable<Row>,
  isLogits: boolean,
  set: AnsweredSet,
  source: string,
): RecordedAnswers {
  const { sampleCount, classNames } = set;
  const classCount = classNames.length;
  const problems: Problem[] = [];
  const wrong = (sample: number, message: string) =>
    problems.push({ path: `sample ${sample}`, message });
  const classes = new Int32Array(sampleCount).fill(-1);
  const logits = new Float32Array(isLogits ? sampleCount * classCount : 0);
  const seen = new Uint8Array(sampleCount);
  for (const row of rows) {
    const { sample } = row;
    if (!(Number.isInteger(sample) && sample >= 0 && sample < sampleCount)) {
      wrong(sample, `is not in a set of ${sampleCount}`);
    } else if (seen[sample] === 1) wrong(sample, 'is answered twice');
    else if ((row.logits !== undefined) !== isLogits) {
      wrong(sample, 'has a class, and others have logits or probabilities; want one kind');
    } else if (row.logits !== undefined) {
      const finite = row.logits.every(Number.isFinite);
      if (finite) logits.set(row.logits, sample * classCount);
      else wrong(sample, 'has logits that are not finite, or probabilities that do not sum to 1');
    } else {
      const own = row.class as number;
      if (Number.isInteger(own) && own >= -1 && own < classCount) classes[sample] = own;
      else
        wrong(sample, `has class ${own}; want a whole number below ${classCount}, or −1 for none`);
    }
    if (sample >= 0 && sample < sampleCount) seen[sample] = 1;
  }
  const missing = isLogits ? seen.indexOf(0) : -1;
  if (missing >= 0 && problems.length === 0) {
    wrong(
      missing,
      'has no answer; logits or probabilities are wanted for every sample of the set, and classes may be missing',
    );
  }
  if (problems.length > 0)
    throw new InvalidDocumentError(source, problems.slice(0, PROBLEMS_SHOWN));
  return isLogits ? { kind: 'logits', logits } : { kind: 'classes', classes };
}

function refusal(source: string, message: string): LyceumError {
  return new InvalidDocumentError(source, [{ path: '', message }]);
}
