/**
 * Checks runs in the pages of a Parquet column (levels, and places in its dictionary) before the library decodes them.
 * The library believes each run's length: a changed byte can turn three values into two thousand million, and V8 ends
 * the process, because no array is that long.
 *
 * https://github.com/apache/parquet-format/blob/master/Encodings.md, "Run Length Encoding / Bit-Packing Hybrid"
 */
import type { PageHeader } from 'hyparquet';
import { checkDeltas, isOfDeltas } from './deltas.js';

/** What is known of a column before its pages are read. */
export interface PageForm {
  /** The greatest levels of the column's values; 0: values have no levels. */
  readonly repetition: number;
  readonly definition: number;
  readonly isBoolean: boolean;
  /** Undefined: the library refuses this codec. */
  readonly unpack: ((packed: Uint8Array, length: number) => Uint8Array) | undefined;
}

interface Runs {
  readonly bytes: Uint8Array;
  readonly start: number;
  /** How many bits a value has. */
  readonly width: number;
  /** How many values there should be. */
  readonly count: number;
}

/** Greatest padding of runs of packed bits; DuckDB pads to 32 values. */
const PADDING_MAX = 1024;
/** Size of the length that stands before runs. */
const LENGTH_BYTES = 4;

/** @throws {Error} saying what does not fit; as `unpack` throws. */
export function checkRuns(header: PageHeader, packed: Uint8Array, form: PageForm): void {
  if (header.data_page_header_v2 === undefined) checkFirst(header, packed, form);
  else checkSecond(header, packed, form);
}

/**
 * Pages of the first version: levels and values are packed together, and each level's runs have their length before
 * them.
 */
function checkFirst(header: PageHeader, packed: Uint8Array, form: PageForm): void {
  const { data_page_header: page, uncompressed_page_size: length } = header;
  const { repetition, definition, unpack } = form;
  if (page === undefined || unpack === undefined) return;
  if (repetition + definition === 0 && !isChecked(page.encoding)) return;
  const bytes = unpack(packed, length);
  let at = 0;
  let valueCount = page.num_values;
  const levels = (top: number): number => {
    const runs = { bytes, start: at + LENGTH_BYTES, width: widthOf(top), count: page.num_values };
    const topCount = checkedRuns(runs, top);
    at += LENGTH_BYTES + lengthAt(bytes, at);
    return topCount;
  };
  if (repetition > 0) levels(repetition);
  if (definition > 0) valueCount = levels(definition);
  // If a value has no bits, all values are zero, and the library reads no runs.
  if (bytes[at] === 0 && isOfRuns(page.encoding) && !form.isBoolean) return;
  checkValues(bytes.subarray(at), page.encoding, valueCount, form);
}

/** Pages of the second version: levels are not packed, and the header gives their length. */
function checkSecond(header: PageHeader, packed: Uint8Array, form: PageForm): void {
  const { data_page_header_v2: page, uncompressed_page_size: length } = header;
  const { repetition, definition, unpack } = form;
  if (page === undefined) return;
  const { num_values: count, repetition_levels_byte_length: start } = page;
  if (repetition > 0) {
    checkedRuns({ bytes: packed, start: 0, width: widthOf(repetition), count }, repetition);
  }
  const runs = { bytes: packed, start, width: widthOf(definition), count };
  const valueCount = definition === 0 ? count : checkedRuns(runs, definition);
  if (valueCount !== count - page.num_nulls) {
    throw new Error(
      `a page says that it has ${page.num_nulls} nulls, and ${count - valueCount} are there`,
    );
  }
  if (!isChecked(page.encoding)) return;
  const levelBytes = start + page.definition_levels_byte_length;
  const values = packed.subarray(levelBytes);
  if (page.is_compressed === false) checkValues(values, page.encoding, valueCount, form);
  else if (unpack !== undefined) {
    checkValues(unpack(values, length - levelBytes), page.encoding, valueCount, form);
  }
}

function checkValues(
  bytes: Uint8Array,
  encoding: string,
  count: number,
  { isBoolean }: PageForm,
): void {
  if (isOfDeltas(encoding)) checkDeltas(bytes, encoding, count);
  if (!isOfRuns(encoding)) return;
  if (isBoolean !== (encoding === 'RLE')) throw new Error(`its values are encoded as ${encoding}`);
  if (isBoolean) checkedRuns({ bytes, start: LENGTH_BYTES, width: 1, count });
  else checkedRuns({ bytes, start: 1, width: bytes[0] ?? 0, count });
}

function isChecked(encoding: string): boolean {
  return isOfRuns(encoding) || isOfDeltas(encoding);
}

function isOfRuns(encoding: string): boolean {
  return encoding === 'RLE' || encoding.endsWith('_DICTIONARY');
}

/** @returns how often `top` is among the values; 0 if no `top` is given. */
function checkedRuns({ bytes, start, width, count }: Runs, top?: number): number {
  if (width > 32) throw new Error(`a page has values of ${width} bits in runs`);
  let at = start;
  let seen = 0;
  let topCount = 0;
  while (seen < count) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('the runs of a page end too early');
      header |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const isPacked = (header & 1) === 1;
    const length = isPacked ? 8 * (header >>> 1) : header >>> 1;
    const missing = count - seen;
    if (length > missing + (isPacked ? PADDING_MAX : 0)) {
      throw new Error(`a page has a run of ${length} values, and ${missing} are missing`);
    }
    if (top !== undefined && isPacked) {
      for (let n = 0; n < Math.min(length, missing); n++) {
        if (valueAt(bytes, at, n * width, width) === top) topCount++;
      }
    } else if (top !== undefined && valueAt(bytes, at, 0, width) === top) topCount += length;
    at += isPacked ? (length / 8) * width : Math.ceil(width / 8);
    seen += length;
  }
  return topCount;
}

/** The value in bits [bit, bit + width) counted from byte `start`, lowest bits first. */
function valueAt(bytes: Uint8Array, start: number, bit: number, width: number): number {
  let value = 0;
  for (let n = 0; n < width; n++) {
    const at = bit + n;
    value |= (((bytes[start + (at >> 3)] ?? 0) >> (at & 7)) & 1) << n;
  }
  return value;
}

function widthOf(top: number): number {
  return 32 - Math.clz32(top);
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true);
}
