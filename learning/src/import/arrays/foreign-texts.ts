/** Arrays of texts, as NumPy saves them: of a fixed length, filled up with zeros. Pure. */
import { elementCount, LyceumError } from '@lyceum/proto';
import { readNpyText } from '../../files/index.js';

export interface ForeignTexts {
  readonly shape: readonly number[];
  /** In the order of the file, which is that of the samples where each has one. */
  readonly texts: Iterable<string>;
}

/** Bytes of a character in the two types of texts: UTF-32, and bytes, which are read as UTF-8. */
const CHARACTER_BYTES = { U: 4, S: 1 } as const;

/**
 * @param what - what the array is, for messages.
 * @returns undefined if its values are no texts.
 * @throws {LyceumError} INVALID_ARGUMENT naming what is wrong, at once or as the texts are read.
 */
export function readForeignTexts(bytes: Uint8Array, what: string): ForeignTexts | undefined {
  const { descriptor, shape, start } = readNpyText(bytes, what, true);
  const [, order, kind, letters] = /^([<>|=])([US])(\d+)$/.exec(descriptor ?? '') ?? [];
  if (kind !== 'U' && kind !== 'S') return undefined;
  const width = Number(letters) * CHARACTER_BYTES[kind];
  const want = elementCount(shape) * width;
  const got = bytes.length - start;
  if (got !== want) {
    throw refusal(
      `${what}: shape [${shape}] of ${descriptor} needs ${want} bytes, and ${got} are there`,
    );
  }
  const decode = kind === 'S' ? fromUtf8 : (value: Uint8Array) => fromUtf32(value, order !== '>');
  return { shape, texts: textsIn(bytes.subarray(start), elementCount(shape), width, decode) };
}

function* textsIn(
  bytes: Uint8Array,
  count: number,
  width: number,
  decode: (value: Uint8Array) => string,
): Iterable<string> {
  for (let n = 0; n < count; n++) {
    let text: string;
    try {
      text = decode(bytes.subarray(n * width, (n + 1) * width));
    } catch {
      throw refusal(`entry ${n} is no text`);
    }
    yield text.replace(/\0+$/, '');
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function fromUtf8(value: Uint8Array): string {
  return UTF8.decode(value);
}

function fromUtf32(value: Uint8Array, isLittle: boolean): string {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  let text = '';
  for (let at = 0; at < value.length; at += 4) {
    text += String.fromCodePoint(view.getUint32(at, isLittle));
  }
  return text;
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
