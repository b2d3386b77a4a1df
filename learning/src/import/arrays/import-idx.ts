/**
 * The IDX files in which MNIST, Fashion-MNIST, EMNIST and KMNIST are handed out: a big-endian header, then bytes;
 * plain or gzip. http://yann.lecun.com/exdb/mnist/
 */
import { constants, gunzipSync } from 'node:zlib';
import { DATASET_MAX_BYTES, elementCount, LyceumError } from '@lyceum/proto';
import { DRAWN_MAX_SAMPLES, SPLIT_NUMBERS, withoutName } from '../../datasets/index.js';
import { chosenSplits, numberedClasses } from '../samples/index.js';
import { type ArrayOptions, AS_IN_SOURCE, type ImportedArrays } from './imported-arrays.js';

/** Bytes of files, plain or gzip. */
export interface IdxFiles {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  /** Absent: the test split is taken from `images`. */
  readonly testImages?: Uint8Array | undefined;
  readonly testLabels?: Uint8Array | undefined;
}

interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const MAX_DIMENSIONS = 4;
/** Enough bytes of a gzip file for its own header and an IDX header. */
const GZIP_START_BYTES = 4096;

/** @throws {LyceumError} INVALID_ARGUMENT naming the file and what is wrong with it. */
export function importIdx(files: IdxFiles, { classes, split }: ArrayOptions = {}): ImportedArrays {
  const train = readPair(files.images, files.labels, 'train');
  const test =
    files.testImages && files.testLabels
      ? readPair(files.testImages, files.testLabels, 'test')
      : undefined;
  if (test && `${test.sampleShape}` !== `${train.sampleShape}`) {
    throw refusal(
      `test images: have shape [${test.sampleShape}], train images [${train.sampleShape}]`,
    );
  }
  const trainCount = train.labels.length;
  const sampleCount = trainCount + (test?.labels.length ?? 0);
  const inputs = new Uint8Array(train.values.length + (test?.values.length ?? 0));
  const labels = new Int32Array(sampleCount);
  const given = new Int32Array(sampleCount);
  inputs.set(train.values);
  labels.set(train.labels);
  if (test) {
    inputs.set(test.values, train.values.length);
    labels.set(test.labels, trainCount);
    given.fill(SPLIT_NUMBERS.train, 0, trainCount).fill(SPLIT_NUMBERS.test, trainCount);
  }
  const { splits, source: splitSource } = chosenSplits('idx', split, labels, given);
  const parts = withoutName({
    sampleShape: train.sampleShape,
    sampleCount,
    ...numberedClasses(labels, classes),
    inputs,
    inputScale: 1 / 255,
    labels,
    splits,
  });
  return { parts, classOrder: classes?.order ?? AS_IN_SOURCE, splitSource };
}

function readPair(imageFile: Uint8Array, labelFile: Uint8Array, split: string) {
  const images = readIdx(imageFile, `${split} images`);
  const labels = readIdx(labelFile, `${split} labels`);
  const [count = 0, ...shape] = images.shape;
  if (shape.length < 1) throw refusal(`${split} images: have one dimension only; are they labels?`);
  if (labels.shape.length !== 1) {
    throw refusal(`${split} labels: have shape [${labels.shape}]; want one a sample`);
  }
  if (labels.values.length !== count) {
    throw refusal(`${split} labels: are ${labels.values.length}, and images ${count}`);
  }
  const sampleShape = shape.length === 2 ? [...shape, 1] : shape;
  return { sampleShape, values: images.values, labels: Int32Array.from(labels.values) };
}

/**
 * One IDX file of unsigned bytes, plain or gzip.
 *
 * @throws {LyceumError} INVALID_ARGUMENT naming what is wrong.
 */
function readIdx(file: Uint8Array, what: string): IdxArray {
  const isGzip = file[0] === 0x1f && file[1] === 0x8b;
  const { shape, start } = readHeader(isGzip ? gzipStart(file, what) : file, what);
  const want = elementCount(shape);
  const [count = 0] = shape;
  if (want > DATASET_MAX_BYTES) {
    const most = `at most ${DATASET_MAX_BYTES} are read`;
    throw refusal(`${what}: shape [${shape}] needs ${want} bytes; ${most}`);
  }
  // Checked before unpacking: a small file may claim any number.
  if (count > DRAWN_MAX_SAMPLES) {
    throw refusal(`${what}: are ${count}; at most ${DRAWN_MAX_SAMPLES} are read`);
  }
  const bytes = isGzip ? gunzip(file, start + want, what) : file;
  const got = bytes.length - start;
  if (got !== want)
    throw refusal(`${what}: shape [${shape}] needs ${want} bytes, and ${got} are there`);
  return { shape, values: bytes.subarray(start) };
}

function readHeader(bytes: Uint8Array, what: string): { shape: readonly number[]; start: number } {
  const dimensions = bytes[3] ?? 0;
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || dimensions < 1) {
    const start = Buffer.from(bytes.subarray(0, 4)).toString('hex');
    throw refusal(`${what}: not an IDX file: begins with ${start || 'nothing'}`);
  }
  if (bytes[2] !== UNSIGNED_BYTE) {
    const code = (bytes[2] as number).toString(16).padStart(2, '0');
    throw refusal(`${what}: values are of type 0x${code}; want unsigned bytes, 0x08`);
  }
  const start = 4 + 4 * dimensions;
  if (dimensions > MAX_DIMENSIONS || bytes.length < start) {
    throw refusal(`${what}: the header of ${dimensions} dimensions cannot be read`);
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: dimensions }, (_, i) => header.getUint32(4 + 4 * i));
  return { shape, start };
}

/** What the first bytes of a gzip file unpack to: more than any IDX header. */
function gzipStart(file: Uint8Array, what: string): Uint8Array {
  return unpacked(what, () =>
    gunzipSync(file.subarray(0, GZIP_START_BYTES), { finishFlush: constants.Z_SYNC_FLUSH }),
  );
}

function gunzip(file: Uint8Array, maxBytes: number, what: string): Uint8Array {
  // Node checks the checksum at the file's end.
  return unpacked(what, () => gunzipSync(file, { maxOutputLength: maxBytes }));
}

function unpacked(what: string, unpack: () => Uint8Array): Uint8Array {
  try {
    return unpack();
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ERR_BUFFER_TOO_LARGE') {
      throw refusal(`${what}: unpacks to more bytes than its header says`);
    }
    const cause = err instanceof Error ? err.message : String(err);
    throw new LyceumError('INVALID_ARGUMENT', `${what}: the gzip file is damaged (${cause})`, {
      cause: err,
    });
  }
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
