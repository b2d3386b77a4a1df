/** A WebDataset of numbered JPEGs: tar shards with `NUMBER.jpg` and `NUMBER.cls`, a common format of picture sets. */
import { type Jpeg, numberedJpeg } from './jpegs.js';

const BLOCK_BYTES = 512;
/** A tar ends with two blocks of zeros. */
const END = Buffer.alloc(2 * BLOCK_BYTES);

interface ShardsWanted {
  /** Bytes of all JPEGs together. */
  readonly jpegBytes: number;
  /** Bytes of a shard's JPEGs. */
  readonly shardBytes: number;
}

interface TarShard {
  readonly file: string;
  /** The shard's bytes, which must be read to the end before the next shard. */
  readonly content: Iterable<Buffer>;
}

/** Picture i is crop i modulo the number of crops. The crops are in random order, so classes are mixed. */
export function* tarShards(
  crops: readonly Jpeg[],
  { jpegBytes, shardBytes }: ShardsWanted,
): Generator<TarShard> {
  let [writtenBytes, pictureCount, shardCount] = [0, 0, 0];
  while (writtenBytes < jpegBytes) {
    const end = Math.min(jpegBytes, writtenBytes + shardBytes);
    const file = `shard-${String(shardCount++).padStart(5, '0')}.tar`;
    yield { file, content: membersTo(end) };
  }

  function* membersTo(end: number): Generator<Buffer> {
    while (writtenBytes < end) {
      const number = pictureCount++;
      const crop = crops[number % crops.length] as Jpeg;
      const jpeg = numberedJpeg(crop.bytes, number);
      writtenBytes += jpeg.length;
      const name = String(number).padStart(9, '0');
      yield member(`${name}.jpg`, jpeg);
      yield member(`${name}.cls`, Buffer.from(String(crop.label)));
    }
    yield END;
  }
}

/** POSIX.1-1988, ustar. */
function member(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, at: number, digits: number) =>
    header.write(`${value.toString(8).padStart(digits, '0')}\0`, at);
  header.write(name, 0);
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(content.length, 124, 11);
  octal(0, 136, 11);
  // The checksum is computed over a header with blanks in the checksum's place.
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  const padding = Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES);
  return Buffer.concat([header, content, padding]);
}
