/** Formats of shards: what they are called, and how pictures lie in them. */

interface ShardFormatFacts {
  /** Of its files' names, for messages; undefined: a shard is a folder. */
  readonly ending: string | undefined;
  /** What its files are called, in small letters. */
  readonly names: RegExp | undefined;
  /** For messages. */
  readonly text: string;
  /** What imports call such sources: the draw of splits depends on it. */
  readonly importKind: string;
  /**
   * How pictures lie in a shard: in `ranges` of bytes, read one by one; in `rows`, of which groups are read whole; or as `files`,
   * whose paths the index has.
   */
  readonly pictures: 'ranges' | 'rows' | 'files';
}

/** By their names in manifests. `indexing/formats` has what reads each. */
export const SHARD_FORMATS = {
  /** As WebDataset has it. */
  tar: {
    ending: '.tar',
    names: /\.tar$/,
    text: 'a tar',
    importKind: 'webdataset',
    pictures: 'ranges',
  },
  /** With pictures in a column. */
  parquet: {
    ending: '.parquet',
    names: /\.parquet$/,
    text: 'Parquet',
    importKind: 'parquet',
    pictures: 'rows',
  },
  /** Of `tf.train.Example`. TensorFlow Datasets writes `.tfrecord-00000-of-00010`, scripts for ImageNet `train-00000-of-01024`. */
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

/** Of shards that are one file. */
export type ShardFileFormat = Exclude<ShardFormat, 'folder'>;

export const SHARD_FORMAT_NAMES = Object.keys(SHARD_FORMATS) as ShardFormat[];

/** The endings of shards that are files. */
export const SHARD_ENDINGS = SHARD_FORMAT_NAMES.flatMap((name) => SHARD_FORMATS[name].ending ?? []);

/** By a file's name; undefined: it is no shard. */
export function shardFormatOf(path: string): ShardFileFormat | undefined {
  const name = path.toLowerCase();
  const isOf = (format: ShardFormat): format is ShardFileFormat =>
    SHARD_FORMATS[format].names?.test(name) === true;
  return SHARD_FORMAT_NAMES.find(isOf);
}

/** How pictures lie in a shard; undefined: there is no such shard. */
export function picturesIn(
  shard: { readonly format: ShardFormat } | undefined,
): ShardFormatFacts['pictures'] | undefined {
  return shard && SHARD_FORMATS[shard.format].pictures;
}

/** Where a picture is in its shard, for people: `bytes 512 to 9,411`; empty: it is a file. */
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
