/**
 * Checks Thrift messages of a Parquet file (its footer and the headers of its pages) before the library reads them.
 * The library believes the length of a list, takes quadratic time for a long number, and reads nested messages by
 * recursion.
 *
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

/** Types of fields and of a list's members. */
const TYPES = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  struct: 12,
};
const STOP = 0;

/** Greatest depth of lists and messages in each other; a footer has some 8. */
const MAX_DEPTH = 32;

/** A number of 64 bits, seven bits a byte. */
const NUMBER_MAX_BYTES = 10;

/**
 * @param end - the place up to which the message must have ended.
 * @returns the place where the message ends.
 * @throws {Error} saying what does not fit.
 */
export function checkThrift(view: DataView, start: number, end = view.byteLength): number {
  let at = start;
  const skip = (count: number) => {
    if (count > end - at) throw new Error('it is damaged, or ends too early');
    at += count;
  };
  const byte = () => {
    skip(1);
    return view.getUint8(at - 1);
  };
  const number = () => {
    let value = 0;
    for (let n = 0; n < NUMBER_MAX_BYTES; n++) {
      const next = byte();
      value += (next & 0x7f) * 2 ** (7 * n);
      if (next < 0x80) return value;
    }
    throw new Error(`it has a number of more than ${NUMBER_MAX_BYTES} bytes`);
  };
  const list = (depth: number) => {
    const first = byte();
    const [size, type] = [first >> 4 === 15 ? number() : first >> 4, first & 0x0f];
    if (size > end - at) throw new Error(`it has a list of ${size} members in ${end - at} bytes`);
    const isFlag = type === TYPES.true || type === TYPES.false;
    for (let n = 0; n < size; n++) value(isFlag ? TYPES.byte : type, depth);
  };
  const value = (type: number, depth: number) => {
    if (type === TYPES.true || type === TYPES.false) return;
    if (type === TYPES.byte) skip(1);
    else if (type === TYPES.i16 || type === TYPES.i32 || type === TYPES.i64) number();
    else if (type === TYPES.double) skip(8);
    else if (type === TYPES.binary) skip(number());
    else if (type === TYPES.list) list(depth + 1);
    else if (type === TYPES.struct) message(depth + 1);
    else throw new Error(`it has a value of type ${type}, which Parquet does not have`);
  };
  const message = (depth: number) => {
    if (depth > MAX_DEPTH) throw new Error(`its messages lie more than ${MAX_DEPTH} deep`);
    for (let first = byte(); (first & 0x0f) !== STOP; first = byte()) {
      if (first >> 4 === 0) number();
      value(first & 0x0f, depth);
    }
  };
  message(0);
  return at;
}
