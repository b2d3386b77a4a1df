/** An object as hyparquet reads files. */
import type { AsyncBuffer } from 'hyparquet';

/** @param read - bytes [start, end) of it; never asked for none. */
export function objectBuffer(
  byteLength: number,
  read: (start: number, end: number) => Promise<Buffer>,
): AsyncBuffer {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      if (start === end) return new ArrayBuffer(0);
      const { buffer, byteOffset, length } = await read(start, end);
      const isAll = length === buffer.byteLength;
      return (isAll ? buffer : buffer.slice(byteOffset, byteOffset + length)) as ArrayBuffer;
    },
  };
}
