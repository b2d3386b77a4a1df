/** Formats of shards: their names, and how pictures lie in them. */

interface ShardFormatFacts {
  /** Usual ending of a shard's file name, for messages; undefined: a shard is a folder. */
  readonly ending: string | undefined;
  /** Matches the path of a shard's file in small letters. */
  readonly names: RegExp | undefined;
  /** The format in words, for messages. */
  readonly text: string;
  /** The import's word for such sources: the draw of splits depends on it. */
  readonly importKind: string;
  /**
   * How pictures lie in a shard: as `ranges` of bytes, which are read one by one; as `rows`, which are read by whole
   * groups; or as `files`, whose paths the index has.
   */
  readonly pictures: 'ranges' | 'rows' | 'files';
}

/** By the formats' names in manifests. `indexing/formats` has the reader of each. */
export const SHARD_FORMATS = {
  /** WebDataset's layout. */
  tar: {
    ending: '.tar',
    names: /\.tar$/,
    text: 'a tar',
    importKind: 'webdataset',
    pictures: 'ranges',
  },
  /** A column has the pictures. */
  parquet: {
    ending: '.parquet',
    names: /\.parquet$/,
    text: 'Parquet',
    importKind: 'parquet',
    pictures: 'rows',
  },
  /**
   * Records of `tf.train.Example`. TensorFlow Datasets writes `.tfrecord-00000-of-00010`, scripts for ImageNet
   * `train-00000-of-01024`.
   */
  tfrecord: {
    ending: '.tfrecord',
    names: /\.tfrecords?(-\d+-of-\d+)?$|(^|\/)[^./]*-\d{5}-of-\d{5}$/,
    text: 'a TFRecord',
    importKind: 'tfrecord',
    pictures: 'ranges',
  },
  folder: {
    ending: undefined,
    names: undefined,
    text: 'a folder of pictures',
    importKind: 'images',
    pictures: 'files',
  },
} as const satisfies Readonly<Record<string, ShardFormatFacts>>;

export type ShardFormat = keyof typeof SHARD_FORMATS;

/** Formats whose shards are single files. */
export type ShardFileFormat = Exclude<ShardFormat, 'folder'>;

export const SHARD_FORMAT_NAMES = Object.keys(SHARD_FORMATS) as ShardFormat[];

/** The usual endings of shards that are files. */
export const SHARD_ENDINGS = SHARD_FORMAT_NAMES.flatMap((name) => SHARD_FORMATS[name].ending ?? []);

/** The format by a file's name; undefined: the file is no shard. */
export function shardFormatOf(path: string): ShardFileFormat | undefined {
  const name = path.toLowerCase();
  const isOf = (format: ShardFormat): format is ShardFileFormat =>
    SHARD_FORMATS[format].names?.test(name) === true;
  return SHARD_FORMAT_NAMES.find(isOf);
}

/** How pictures lie in a shard; undefined if `shard` is. */
export function picturesIn(
  shard: { readonly format: ShardFormat } | undefined,
): ShardFormatFacts['pictures'] | undefined {
  return shard && SHARD_FORMATS[shard.format].pictures;
}

/** Where a picture is in its shard, for people: `bytes 512 to 9,411`; empty: the picture is a file of its own. */
export function placeInShard(format: ShardFormat, offset: number, length: number): string {
  const number = (value: number) => value.toLocaleString('en-US');
  switch (SHARD_FORMATS[format].pictures) {
    case 'ranges':
      return `bytes ${number(offset)} to ${number(offset + length - 1)}`;
    case 'rows':
      return `row ${number(offset + 1)}`;
    default:
      return '';
  }
}
