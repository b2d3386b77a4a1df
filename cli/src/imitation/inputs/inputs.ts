/** Reads the inputs that black boxes are asked about: from a table, a text file or a folder of images. */
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { splitNamed } from '@lyceum/learning/datasets';
import { linesOf, readPlainFile } from '@lyceum/learning/files';
import { pngFile } from '@lyceum/learning/formats';
import type { InputValue } from '@lyceum/learning/imitation';
import { IMAGE_FILE_MAX_BYTES, TABLE_ENDINGS, tableFileAt } from '@lyceum/learning/import';
import type { Imitation, ImitationInputs } from '@lyceum/learning/specification';
import { LyceumError, sha256Hex } from '@lyceum/proto';

export interface ImitationInput {
  /** Digest of the content: equal inputs have equal ids, and are asked about once. */
  readonly id: string;
  readonly value: InputValue;
  readonly split?: 'train' | 'validation' | 'test';
  /** The true class, where it is known. */
  readonly label?: string;
  /** The teacher that wrote the input; absent: it is from the document's source. */
  readonly writtenBy?: string;
}

/** All inputs are held in memory, without their images. Split a larger source into several documents. */
const INPUTS_MAX_COUNT = 1_000_000;
export const TEXT_MAX_BYTES = 64 * 1024;
const IMAGE_NAME = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

export interface ReadInputs {
  /** Distinct inputs, in the order of the source. */
  readonly inputs: readonly ImitationInput[];
  /** Number of rows that repeat an earlier input. */
  readonly repeated: number;
  /** Folder of the images. */
  readonly folder: string;
}

/**
 * @param base - the document's folder.
 * @throws {LyceumError} NOT_FOUND if there is no source, INVALID_ARGUMENT naming the row that is wrong.
 */
export async function readImitationInputs(
  described: ImitationInputs,
  classes: readonly string[],
  base: string,
): Promise<ReadInputs> {
  const source = resolve(base, described.source);
  const found = await stat(source).catch(() => undefined);
  if (found === undefined) throw new LyceumError('NOT_FOUND', `${source}: no such file or folder`);
  const folder = found.isDirectory() ? source : dirname(source);
  const rows = found.isDirectory() ? imageRows(source) : tableRows(source, described);
  const inputs = new Map<string, ImitationInput>();
  let repeated = 0;
  for await (const { where, value, label, split } of rows) {
    const refuse = (message: string) =>
      new LyceumError('INVALID_ARGUMENT', `${source}, ${where}: ${message}`);
    const id =
      'image' in value ? contentId(imageBytes(folder, value.image, refuse)) : inputId(value);
    if (inputs.has(id)) {
      repeated += 1;
      continue;
    }
    if (inputs.size >= INPUTS_MAX_COUNT)
      throw refuse(`is one input too many; at most ${INPUTS_MAX_COUNT} are read`);
    if ('text' in value && Buffer.byteLength(value.text) > TEXT_MAX_BYTES) {
      throw refuse(`has a text of more than ${TEXT_MAX_BYTES} bytes`);
    }
    if (label !== undefined && !classes.includes(label)) {
      throw refuse(`has the label ${JSON.stringify(label)}, which is not in spec.classes`);
    }
    const named = split === undefined ? undefined : splitNamed(split);
    if (split !== undefined && named === undefined) {
      throw refuse(`has the split ${JSON.stringify(split)}; want train, validation or test`);
    }
    inputs.set(id, {
      id,
      value,
      ...(label !== undefined && { label }),
      ...(named !== undefined && { split: named }),
    });
  }
  if (inputs.size === 0) throw new LyceumError('INVALID_ARGUMENT', `${source}: has no inputs`);
  return { inputs: [...inputs.values()], repeated, folder };
}

/** The id of a text or of numbers: equal content has an equal id. */
export function inputId(value: Exclude<InputValue, { readonly image: string }>): string {
  return contentId(JSON.stringify(value));
}

function contentId(content: string | Buffer): string {
  return sha256Hex(content).slice(0, 16);
}

interface Row {
  readonly where: string;
  readonly value: InputValue;
  readonly label?: string | undefined;
  readonly split?: string | undefined;
}

async function* tableRows(source: string, described: ImitationInputs): AsyncGenerator<Row> {
  const { text, numbers, image, label, split } = described;
  if (/\.txt$/i.test(source)) {
    let line = 0;
    for await (const own of linesOf(source, TEXT_MAX_BYTES)) {
      line += 1;
      if (own.trim() !== '') yield { where: `line ${line}`, value: { text: own.trim() } };
    }
    return;
  }
  const file = tableFileAt(source);
  if (file === undefined) {
    const message = `${source}: want a ${TABLE_ENDINGS} or .txt file, or a folder of images`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const table = await file.open(source);
  const named = [text, image, label, split, ...(numbers ?? [])].filter((c) => c !== undefined);
  const missing = named.find((own) => !table.columns.includes(own));
  if (missing !== undefined || (text ?? image ?? numbers) === undefined) {
    const what =
      missing === undefined
        ? 'spec.inputs names no text, numbers or image'
        : `there is no column "${missing}"`;
    const message = `${source}: ${what}; the columns are ${table.columns.slice(0, 20).join(', ')}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  for await (const { where, values } of table.rows(named)) {
    const cell = (own: string | undefined): string | undefined => {
      const text = own === undefined ? '' : String(values[own] ?? '');
      return text.trim() === '' ? undefined : text;
    };
    const wanted = (own: string): string => {
      const value = cell(own);
      if (value !== undefined) return value;
      throw new LyceumError('INVALID_ARGUMENT', `${source}, ${where}: has nothing in ${own}`);
    };
    const row = { where, label: cell(label), split: cell(split) };
    if (text !== undefined) yield { ...row, value: { text: wanted(text) } };
    else if (image !== undefined) yield { ...row, value: { image: wanted(image) } };
    else
      yield { ...row, value: { numbers: numbersOf(numbers ?? [], wanted, `${source}, ${where}`) } };
  }
}

function numbersOf(columns: readonly string[], wanted: (own: string) => string, where: string) {
  return columns.map((own) => {
    const text = wanted(own);
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `${where}: ${own} is ${JSON.stringify(text)}; want a number`,
    );
  });
}

/** Every image below a folder, by name. */
async function* imageRows(folder: string): AsyncGenerator<Row> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && IMAGE_NAME.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  for (const image of files.sort()) yield { where: image, value: { image } };
}

function imageBytes(
  folder: string,
  image: string,
  refuse: (message: string) => LyceumError,
): Buffer {
  const file = resolve(folder, image);
  if (!file.startsWith(folder + sep)) throw refuse(`${image} lies outside ${folder}`);
  try {
    return readPlainFile(file, IMAGE_FILE_MAX_BYTES);
  } catch (err) {
    throw refuse(`${image} cannot be read: ${err instanceof Error ? err.message : String(err)}`);
  }
}

/** @throws {LyceumError} INVALID_ARGUMENT naming a teacher whose `endpoint.input` is not the kind of the inputs. */
export function requireSentAsRead({ spec }: Imitation, inputs: readonly ImitationInput[]): void {
  for (const { value } of inputs) {
    const [kind, want] =
      'text' in value
        ? ['texts', 'text']
        : 'numbers' in value
          ? ['numbers', 'values']
          : ['images', 'png'];
    const other = spec.teachers.find(({ endpoint }) => endpoint.input !== want);
    if (other === undefined) continue;
    const message = `teacher ${other.name}: endpoint.input is ${other.endpoint.input}, and the inputs are ${kind}; want ${want}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
}

/** The input as it is sent: a text, numbers, or a PNG in base64. */
export async function sentInput(value: InputValue, folder: string): Promise<unknown> {
  if ('text' in value) return value.text;
  if ('numbers' in value) return value.numbers;
  const file = join(folder, value.image);
  try {
    return (await pngFile(readPlainFile(file, IMAGE_FILE_MAX_BYTES))).toString('base64');
  } catch (err) {
    const why = err instanceof Error ? err.message : String(err);
    const message = `${file}: is not a readable image (${why}); mend it, or remove it from the inputs`;
    throw new LyceumError('INVALID_ARGUMENT', message, { cause: err });
  }
}
