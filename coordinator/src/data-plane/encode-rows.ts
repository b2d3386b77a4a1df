/** Checks rows of answers, and makes records of them to be stored. Pure: any thread may do it. */
import type { AnswerCodec, WordMemory } from '@lyceum/learning/codecs';
import { AnswerRecords } from '@lyceum/learning/records';
import { CLASS_OUTPUT, LyceumError } from '@lyceum/proto';

/** One output of a teacher for some samples. */
interface OutputRows {
  readonly name: string;
  /** [N, values of a row] */
  readonly values: Float32Array;
  /** Codecs that the output is stored in, each with room for its records. */
  readonly codecs: readonly { readonly codec: AnswerCodec; readonly memory: WordMemory }[];
}

export interface EncodeRequest {
  readonly samples: Uint32Array;
  /** Place of the first row in its ticket, for errors. */
  readonly firstRow: number;
  readonly classCount: number;
  readonly outputs: readonly OutputRows[];
}

/**
 * Writes the records of all outputs.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if {@link valueProblem} finds a wrong value, or a codec cannot write one; the
 *   records must not be used then.
 */
export function encodeRows(request: EncodeRequest): void {
  const { samples, outputs } = request;
  for (const output of outputs)
    if (!isCheckedByCodecs(output, samples.length)) check(output, request);
  for (const output of outputs) {
    const { values, codecs } = output;
    const rowLength = values.length / samples.length;
    try {
      for (const { codec, memory } of codecs) {
        recordsOf(codec, rowLength).encode(samples, values, memory);
      }
    } catch (err) {
      // If the values are no answer at all, this throws the better message.
      check(output, request);
      throw err;
    }
  }
}

function isCheckedByCodecs({ name, values, codecs }: OutputRows, rowCount: number): boolean {
  const [first] = codecs;
  if (name === CLASS_OUTPUT || first === undefined) return false;
  return recordsOf(first.codec, values.length / rowCount).codec.refusesNotFinite === true;
}

function check(
  { name, values }: OutputRows,
  { samples, firstRow, classCount }: EncodeRequest,
): void {
  const problem = valueProblem({ name, values, rowCount: samples.length, firstRow }, classCount);
  if (problem !== undefined) throw new LyceumError('INVALID_ARGUMENT', problem);
}

/** How many numbers all outputs have: the time of encoding grows with them. */
export function numbersEncoded({ outputs }: EncodeRequest): number {
  return outputs.reduce((sum, { values }) => sum + values.length, 0);
}

/** Words that the records of so many rows take. */
export function wordsOf(codec: AnswerCodec, rowLength: number, rowCount: number): number {
  return rowCount * recordsOf(codec, rowLength).wordCount;
}

/**
 * Encoders of this thread, by codec and row length: to make new ones for each frame would cost more than encoding it.
 */
const known = new Map<string, AnswerRecords>();
const KNOWN_MAX = 64;

function recordsOf(codec: AnswerCodec, rowLength: number): AnswerRecords {
  const key = `${codec}/${rowLength}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= KNOWN_MAX) known.clear();
  const records = new AnswerRecords({ codec, rowLength });
  known.set(key, records);
  return records;
}

/** Some values of an output. */
interface CheckedValues {
  readonly name: string;
  readonly values: Float32Array;
  readonly rowCount: number;
  readonly firstRow: number;
}

/**
 * What is wrong with the values; undefined: nothing. Values must be finite; classes must be whole numbers below the
 * class count, or −1.
 */
export function valueProblem(
  { name, values, rowCount, firstRow }: CheckedValues,
  classCount: number,
): string | undefined {
  const isClass = name === CLASS_OUTPUT;
  if (!isClass && areFinite(values)) return undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const isRight = isClass
      ? Number.isInteger(value) && value >= -1 && value < classCount
      : Number.isFinite(value);
    if (isRight) continue;
    return `${name} row ${firstRow + Math.floor(i / (values.length / rowCount))} holds ${value}`;
  }
  return undefined;
}

/** A finite number times 0 is 0, any other gives NaN. Four sums, since each addition waits for the one before. */
function areFinite(values: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const even = values.length - (values.length % 4);
  for (let i = 0; i < even; i += 4) {
    a += (values[i] as number) * 0;
    b += (values[i + 1] as number) * 0;
    c += (values[i + 2] as number) * 0;
    d += (values[i + 3] as number) * 0;
  }
  for (let i = even; i < values.length; i++) a += (values[i] as number) * 0;
  return a + b + c + d === 0;
}
