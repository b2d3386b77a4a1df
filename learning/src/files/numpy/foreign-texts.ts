/** Arrays of texts as NumPy saves them: each text padded with zeros to one length. Pure. */
import { elementCount, LyceumError } from '@lyceum/proto';
import { readNpyText } from './npy.js';

export interface ForeignTexts {
  readonly shape: readonly number[];
  /** In the order of the file. If each sample has a text, this is the order of the samples. */
  readonly texts: Iterable<string>;
}

/** Bytes of a character in NumPy's two types of texts: U is UTF-32, S is bytes, which are read as UTF-8. */
const CHARACTER_BYTES = { U: 4, S: 1 } as const;

/** Far longer than any class's name. */
const TEXT_MAX_BYTES = 4096;

/**
 * @param what - what the array is, for messages.
 * @returns undefined if its values are no texts.
 * @throws {LyceumError} INVALID_ARGUMENT naming what is wrong, at once or as the texts are read.
 */
export function readForeignTexts(bytes: Uint8Array, what: string): ForeignTexts | undefined {
  const { descriptor, shape, start } = readNpyText(bytes, what, true);
  const [, order, kind, letters] = /^([<>|=])([US])([1-9]\d*)$/.exec(descriptor ?? '') ?? [];
  if (kind !== 'U' && kind !== 'S') return undefined;
  const width = Number(letters) * CHARACTER_BYTES[kind];
  const want = elementCount(shape) * width;
  const got = bytes.length - start;
  if (got !== want) {
    throw refusal(
      `${what}: shape [${shape}] of ${descriptor} needs ${want} bytes, and ${got} are there`,
    );
  }
  const decode = kind === 'S' ? fromUtf8 : (text: Uint8Array) => fromUtf32(text, order !== '>');
  return { shape, texts: textsIn(bytes.subarray(start), width, CHARACTER_BYTES[kind], decode) };
}

function* textsIn(
  bytes: Uint8Array,
  width: number,
  characterBytes: number,
  decode: (text: Uint8Array) => string,
): Iterable<string> {
  for (let n = 0; n * width < bytes.length; n++) {
    const entry = bytes.subarray(n * width, (n + 1) * width);
    const lastByte = entry.findLastIndex((byte) => byte !== 0);
    const length = Math.ceil((lastByte + 1) / characterBytes) * characterBytes;
    if (length > TEXT_MAX_BYTES) {
      throw refusal(`entry ${n} has ${length} bytes of text; at most ${TEXT_MAX_BYTES}`);
    }
    let text: string;
    try {
      text = decode(entry.subarray(0, length));
    } catch {
      throw refusal(`entry ${n} is no text`);
    }
    yield text;
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
