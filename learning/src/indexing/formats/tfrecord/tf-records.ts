/** The records of a TFRecord, in one pass over its bytes: the place of each, and its bytes. */
import { SampleRefusedError } from '../../../datasets/encoding/index.js';
import {
  isTfRecordWhole,
  RECORD_FOOTER_BYTES,
  RECORD_HEADER_BYTES,
  tfRecordLength,
} from '../../../files/index.js';
import { type ByteQueue, readBytes } from '../rows/index.js';

export interface TfRecord {
  /** Offset of the record's first byte. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** Undefined: the record is too large to be read. */
  readonly bytes: Buffer | undefined;
  /** Whether the checksum fits; unknown for a record that is too large. */
  readonly isWhole: boolean;
}

/** @throws {SampleRefusedError} if it is no TFRecord, or is compressed, damaged between records, or cut off. */
export function tfRecords(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<TfRecord, void, undefined> {
  return readBytes(chunks, (queue) => records(queue, maxBytes));
}

async function* records(
  queue: ByteQueue,
  maxBytes: number,
): AsyncGenerator<TfRecord, void, undefined> {
  for (;;) {
    const at = queue.position;
    const header = await queue.take(RECORD_HEADER_BYTES);
    if (header.length === 0 && at > 0) return;
    if (header.length === 0) throw new SampleRefusedError('empty file');
    const sizeBytes = lengthOf(header, at);
    const offset = queue.position;
    const bytes = sizeBytes <= maxBytes ? await queue.take(sizeBytes) : undefined;
    if (bytes === undefined) await queue.skip(sizeBytes);
    const footer = await queue.take(RECORD_FOOTER_BYTES);
    if (footer.length < RECORD_FOOTER_BYTES) throw cutOff(at, queue.position);
    const isWhole = bytes === undefined || isTfRecordWhole(bytes, footer);
    yield { offset, sizeBytes, bytes, isWhole };
  }
}

function lengthOf(header: Buffer, at: number): number {
  if (at === 0 && (header.readUInt16BE() === GZIP || header[0] === ZLIB)) {
    const message =
      'is compressed, so no picture in it can be read by itself; write it with compression_type="", pictures are compressed already';
    throw new SampleRefusedError('compressed', message);
  }
  const length = header.length < RECORD_HEADER_BYTES ? undefined : tfRecordLength(header);
  if (length !== undefined) return length;
  if (at === 0) {
    const message =
      'is no TFRecord: it does not begin with the length of a record and the sum of that';
    throw new SampleRefusedError('no TFRecord', message);
  }
  if (header.length < RECORD_HEADER_BYTES) throw cutOff(at, at + header.length);
  const message = `is damaged: at byte ${at} there is no length of a record whose sum is right`;
  throw new SampleRefusedError('damaged TFRecord', message);
}

const GZIP = 0x1f8b;
const ZLIB = 0x78;

function cutOff(from: number, end: number): SampleRefusedError {
  const message = `is cut off: its bytes end at ${end}, in the record that begins at byte ${from}`;
  return new SampleRefusedError('cut off', message);
}
