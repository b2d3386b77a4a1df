/** Bytes of a table's file, unpacked if its name ends in `.gz`. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fileError } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';

const PACKED = /\.gz$/i;

/** The largest set has 2 GiB of numbers, some 10 GiB as text. A small packed file may claim any size. */
const UNPACKED_MAX_BYTES = 32 * 1024 ** 3;

/** The name without the ending of a packed file. */
export function unpackedName(path: string): string {
  return path.replace(PACKED, '');
}

/** @throws {LyceumError} while the file is read: naming the file that cannot be read or is no gzip. */
export async function* tableBytes(path: string): AsyncGenerator<Buffer, void, undefined> {
  const file = createReadStream(path);
  const isPacked = PACKED.test(path);
  const bytes = isPacked ? pipeline(file, createGunzip(), () => undefined) : file;
  let count = 0;
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      count += chunk.length;
      if (isPacked && count > UNPACKED_MAX_BYTES) {
        const most = `at most ${UNPACKED_MAX_BYTES} are read`;
        throw new LyceumError('INVALID_ARGUMENT', `${path}: unpacks to more bytes; ${most}`);
      }
      yield chunk;
    }
  } catch (err) {
    if (err instanceof LyceumError) throw err;
    const isOfGzip = err instanceof Error && 'code' in err && String(err.code).startsWith('Z_');
    if (!isOfGzip) throw fileError('read', path, err) ?? err;
    const message = `${path}: the gzip file is damaged, or none (${err.message})`;
    throw new LyceumError('INVALID_ARGUMENT', message, { cause: err });
  } finally {
    file.destroy();
  }
}
