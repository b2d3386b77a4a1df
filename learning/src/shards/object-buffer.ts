/** An object as the kind of file that hyparquet reads. */
import type { AsyncBuffer } from 'hyparquet';

/** @param read - reads bytes [start, end) of the object; the range is never empty. */
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
