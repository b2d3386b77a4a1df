/**
 * What a Parquet file says of its columns, in its schema and in the metadata of Hugging Face's `datasets` (key
 * `huggingface`, `info.features`): which column is an image and which is the class, with the names of all classes.
 * https://huggingface.co/docs/datasets/about_dataset_features
 */
import type { FileMetaData, SchemaTree } from 'hyparquet';

/** Digits of a decimal number that writers use at most: those of 128 bits. */
const DIGITS_MAX = 38;

export interface ParquetFeatures {
  readonly columns: readonly string[];
  /** The columns of images. */
  readonly images: readonly string[];
  /** The only column of images; undefined if there is none, or several. */
  readonly image: string | undefined;
  /** The only column of classes in Hugging Face's metadata; undefined if there is none, or several. */
  readonly label: string | undefined;
  /** By column: names of its classes, in the order of their numbers. */
  readonly classNamesOf: ReadonlyMap<string, readonly string[]>;
  /** Of each column of decimal numbers: the digits behind the point. */
  readonly scales: ReadonlyMap<string, number>;
}

interface Feature {
  readonly _type?: unknown;
  readonly names?: unknown;
}

export function parquetFeatures(metadata: FileMetaData, schema: SchemaTree): ParquetFeatures {
  const columns = schema.children.map(({ element }) => element.name);
  const features = huggingFaceFeatures(metadata);
  const ofType = (type: string) => columns.filter((column) => features.get(column)?._type === type);
  const classNamesOf = new Map(
    [...features].flatMap(([column, { _type, names }]) =>
      _type === 'ClassLabel' && isNames(names) ? [[column, names] as const] : [],
    ),
  );
  const scales = new Map(
    schema.children.flatMap(({ element: { name, converted_type: type, scale = 0 } }) =>
      type === 'DECIMAL' && scale >= 0 && scale <= DIGITS_MAX ? [[name, scale] as const] : [],
    ),
  );
  const named = ofType('Image');
  const structs = schema.children.filter(isImageStruct).map(({ element }) => element.name);
  return {
    columns,
    images: named.length > 0 ? named : structs,
    image: only(named) ?? only(structs),
    label: only(ofType('ClassLabel')),
    classNamesOf,
    scales,
  };
}

function huggingFaceFeatures(metadata: FileMetaData): Map<string, Feature> {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  if (text === undefined) return new Map();
  try {
    const document = JSON.parse(text) as { info?: { features?: Record<string, Feature> } } | null;
    return new Map(Object.entries(document?.info?.features ?? {}));
  } catch {
    // A text of another program under this key says nothing of the columns.
    return new Map();
  }
}

function isImageStruct({ children }: SchemaTree): boolean {
  return `${children.map(({ element }) => element.name).sort()}` === 'bytes,path';
}

function isNames(names: unknown): names is string[] {
  return Array.isArray(names) && names.every((name) => typeof name === 'string');
}

function only<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined;
}
