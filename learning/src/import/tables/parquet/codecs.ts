/**
 * How pages of Parquet are unpacked: by the library, within limits, or by Node where Node checks more or is faster.
 */
import { brotliDecompressSync, unzipSync } from 'node:zlib';
import type { CompressionCodec, Compressors } from 'hyparquet';

/** Greatest size of the wanted columns of one row group, unpacked. Writers make groups of 1 MiB to 512 MiB. */
export const GROUP_MAX_BYTES = 1024 * 1024 * 1024;

/** Unpackers with a limit: a page's claim of its size is believed up to the limit of its group. */
export async function limitedCompressors(): Promise<Compressors> {
  const { compressors, decompressZstd } = await import('hyparquet-compressors');
  const bounded: Compressors = {
    ...compressors,
    // Node checks the checksum, which the library ignores.
    GZIP: (input, length) => unzipSync(input, { maxOutputLength: length }),
    // Node takes a tenth of the library's time, or less.
    BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: length }),
    // Without an output array the library would trust the size in the frame.
    ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
  };
  const entries = Object.entries(bounded).map(([codec, unpack]) => [
    codec,
    (input: Uint8Array, length: number) => {
      // The dictionary of a column of nulls is empty; the library's LZ4 calls that damaged.
      if (length === 0) return new Uint8Array(0);
      if (length <= GROUP_MAX_BYTES) return unpack(input, length);
      throw new Error(`a page unpacks to ${length} bytes; at most ${GROUP_MAX_BYTES} are read`);
    },
  ]);
  return Object.fromEntries(entries) as Compressors;
}

/** @returns undefined for a codec that is not known. */
export function unpackerOf(
  codec: CompressionCodec,
  known: Compressors,
): Compressors[CompressionCodec] {
  return codec === 'UNCOMPRESSED' ? (bytes) => bytes : known[codec];
}
