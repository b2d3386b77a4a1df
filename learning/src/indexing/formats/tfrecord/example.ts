/**
 * `tf.train.Example`: the message that TensorFlow's programs write into TFRecords, with features by their names.
 * tensorflow/core/example/example.proto, feature.proto
 */
import { decodeMessage, MessageTable, many, one } from '../../../files/protobuf/index.js';

/** A feature is one of three lists; the other two are empty. */
export interface Feature {
  readonly texts: readonly Uint8Array[];
  readonly wholes: readonly bigint[];
  readonly hasFloats: boolean;
}

/** Greatest number of values: boxes, masks and embeddings beside a picture are numbers too. */
const MAX_FIELDS = 1_000_000;
const MAX_DEPTH = 8;

const BYTES_LIST = new MessageTable({ 1: many('values', 'bytes') });
/** Floats are not read: they are neither pictures nor classes. */
const FLOAT_LIST = new MessageTable({});
const INT64_LIST = new MessageTable({ 1: many('values', 'whole') });
const FEATURE = new MessageTable({
  1: one('bytesList', () => BYTES_LIST, 'kind'),
  2: one('floatList', () => FLOAT_LIST, 'kind'),
  3: one('int64List', () => INT64_LIST, 'kind'),
});
const ENTRY = new MessageTable({ 1: one('key', 'text'), 2: one('value', () => FEATURE) });
const FEATURES = new MessageTable({ 1: many('entries', () => ENTRY) });
const EXAMPLE = new MessageTable({ 1: one('features', () => FEATURES) });

interface List<T> {
  readonly values: readonly T[];
}

interface ReadExample {
  readonly features?: {
    readonly entries: readonly {
      readonly key?: string;
      readonly value?: {
        readonly bytesList?: List<Uint8Array>;
        readonly floatList?: object;
        readonly int64List?: List<bigint>;
      };
    }[];
  };
}

/**
 * @returns features by name; bytes are views into the record's.
 * @throws {Error} if the record is no Example.
 */
export function readExample(record: Uint8Array): Map<string, Feature> {
  const budget = { left: MAX_FIELDS, maxDepth: MAX_DEPTH };
  const { features } = decodeMessage(EXAMPLE, record, budget) as ReadExample;
  return new Map(
    (features?.entries ?? []).map(({ key = '', value }): [string, Feature] => [
      key,
      {
        texts: value?.bytesList?.values ?? [],
        wholes: value?.int64List?.values ?? [],
        hasFloats: value?.floatList !== undefined,
      },
    ]),
  );
}
