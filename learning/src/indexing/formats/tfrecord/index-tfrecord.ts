/**
 * Indexes a TFRecord of examples: a picture's encoded bytes are in one feature, and perhaps its class in another, as
 * TensorFlow Datasets and the scripts of TensorFlow's models write them.
 */
import { isUtf8 } from 'node:buffer';
import { printable } from '@lyceum/proto';
import { SampleRefusedError } from '../../../datasets/encoding/index.js';
import { IMAGE_FILE_MAX_BYTES } from '../../../pictures/index.js';
import {
  type IndexOptions,
  looksLikePicture,
  RowsBuilder,
  type ShardRows,
  tooLarge,
} from '../rows/index.js';
import { type Feature, readExample } from './example.js';
import { type TfRecord, tfRecords } from './tf-records.js';

/** Greatest size of everything beside the picture in a record. */
const BESIDE_PICTURE_BYTES = 4 * 1024 * 1024;

/** The features of TensorFlow Datasets, and of the scripts for ImageNet. */
const LABEL_FEATURES = ['label', 'image/class/label'];

type Features = ReadonlyMap<string, Feature>;

/**
 * @param url - for messages.
 * @throws {SampleRefusedError} if the whole file cannot be taken.
 */
export async function indexTfRecord(
  url: string,
  chunks: AsyncIterable<Buffer>,
  options: IndexOptions,
): Promise<ShardRows> {
  const rows = new RowsBuilder(options.decode);
  const named = namedLabel(options);
  let first: Features | undefined;
  let picture = options.image;
  // A record without a class may lack the feature, so it does not show which feature has the class.
  let label = named;
  let hasLabels = false;
  let mayBeNumbers = true;
  let count = 0;
  for await (const record of tfRecords(chunks, IMAGE_FILE_MAX_BYTES + BESIDE_PICTURE_BYTES)) {
    count += 1;
    const where = `${url}: record ${count}`;
    try {
      const features = featuresOf(record);
      first ??= checkedFirst(features, options);
      picture ??= onlyPicture(features);
      label ??= LABEL_FEATURES.find((name) => features.has(name));
      const bytes = pictureOf(features, picture);
      const value = labelOf(features, label);
      hasLabels ||= label !== undefined && features.has(label);
      if (typeof value === 'string') mayBeNumbers = false;
      const offset = offsetIn(record, bytes);
      const text = value === undefined ? undefined : String(value);
      await rows.add({ where, offset, bytes, label: text, group: offset });
    } catch (err) {
      if (!(err instanceof SampleRefusedError) || WHOLE_FILE.includes(err.reason)) throw err;
      rows.refusals.add({ where, refusal: err });
    }
  }
  if (first !== undefined && named !== undefined && !hasLabels) throw noFeature(named, first);
  if (label === undefined) {
    for (const name of first?.keys() ?? []) if (name !== picture) rows.unread.add(printable(name));
  }
  return rows.finish(mayBeNumbers);
}

/** Reasons for which the first record's refusal holds for all records. */
const WHOLE_FILE = ['too many classes', 'no such feature'];

function featuresOf({ bytes, sizeBytes, isWhole }: TfRecord): Features {
  if (bytes === undefined) throw tooLarge(sizeBytes);
  if (!isWhole) throw new SampleRefusedError('damaged record', 'its bytes have another sum');
  try {
    return readExample(bytes);
  } catch (err) {
    const cause = err instanceof Error ? err.message : String(err);
    throw new SampleRefusedError('no example', `is no tf.train.Example: ${cause}`);
  }
}

/** The feature with the class, if the user names it. */
function namedLabel({ label }: IndexOptions): string | undefined {
  return label?.by === 'json' ? `json:${label.field}` : label?.ending;
}

function checkedFirst(features: Features, { image }: IndexOptions): Features {
  if (image !== undefined && !features.has(image)) throw noFeature(image, features);
  return features;
}

function noFeature(name: string, first: Features): SampleRefusedError {
  const message = `has no feature ${printable(name)}; its first record has ${namesOf(first)}`;
  return new SampleRefusedError('no such feature', message);
}

function onlyPicture(features: Features): string {
  const [picture, other] = [...features.keys()].filter((name) =>
    features.get(name)?.texts.some(looksLikePicture),
  );
  if (picture !== undefined && other === undefined) return picture;
  const message =
    picture === undefined
      ? `its first record has no feature that begins as JPEG, PNG, WebP, GIF, TIFF or AVIF do, but ${namesOf(features)}; pixels as they are, without a header, are not read`
      : `has pictures in ${printable([picture, other].join(', '))}; --image ${printable(picture)} names one`;
  throw new SampleRefusedError('no such feature', message);
}

function pictureOf(features: Features, name: string): Uint8Array {
  const { texts = [] } = features.get(name) ?? {};
  const [bytes] = texts;
  if (bytes !== undefined && texts.length === 1) return bytes;
  const message =
    texts.length === 0
      ? `has no picture in the feature ${printable(name)}`
      : `has ${texts.length} pictures in the feature ${printable(name)}; want one a record`;
  throw new SampleRefusedError(texts.length === 0 ? 'no picture' : 'two pictures', message);
}

/** @returns undefined for an unlabelled record. */
function labelOf(features: Features, name: string | undefined): string | bigint | undefined {
  const feature = name === undefined ? undefined : features.get(name);
  if (name === undefined || feature === undefined) return undefined;
  const { texts, wholes, hasFloats } = feature;
  const wrong = (message: string) =>
    new SampleRefusedError('no label', `its ${printable(name)} ${message}`);
  if (hasFloats) throw wrong('has floats; want a whole number or a text');
  if (texts.length + wholes.length > 1) {
    throw wrong(`has ${texts.length + wholes.length} values; want one`);
  }
  const [text] = texts;
  if (text === undefined) return wholes[0] === -1n ? undefined : wholes[0];
  if (!isUtf8(text)) throw wrong('is not UTF-8');
  return Buffer.from(text).toString('utf8') || undefined;
}

/** Where the picture lies in the file. A picture that was put together of several parts is a copy, and refused. */
function offsetIn({ bytes: record, offset, sizeBytes }: TfRecord, picture: Uint8Array): number {
  const at = picture.byteOffset - (record?.byteOffset ?? 0);
  // A small copy may lie in the same memory block as a small record, so the range is checked too.
  if (picture.buffer === record?.buffer && at >= 0 && at + picture.length <= sizeBytes) {
    return offset + at;
  }
  const message = 'its features are written in several parts, so that the picture has no place';
  throw new SampleRefusedError('no example', message);
}

function namesOf(features: Features): string {
  return features.size === 0 ? 'none' : [...features.keys()].map(printable).join(', ');
}
