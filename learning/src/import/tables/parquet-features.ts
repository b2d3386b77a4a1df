/**
 * What a Parquet file says of its columns: in its schema, and in the metadata that Hugging Face's `datasets` writes
 * (key `huggingface`, `info.features`): which is an image and which a class, with the names of all classes.
 * https://huggingface.co/docs/datasets/about_dataset_features
 */
import type { FileMetaData, SchemaTree } from 'hyparquet';

export interface ParquetFeatures {
  readonly columns: readonly string[];
  /** The only column of images; undefined if there is none, or several. */
  readonly image: string | undefined;
  /** The only column of classes, in Hugging Face's metadata. */
  readonly label: string | undefined;
  /** Names of {@link label}'s classes, by number. */
  readonly classNames: readonly string[] | undefined;
}

interface Feature {
  readonly _type?: unknown;
  readonly names?: unknown;
}

export function parquetFeatures(metadata: FileMetaData, schema: SchemaTree): ParquetFeatures {
  const columns = schema.children.map(({ element }) => element.name);
  const features = huggingFaceFeatures(metadata);
  const ofType = (type: string) =>
    only(columns.filter((column) => features.get(column)?._type === type));
  const label = ofType('ClassLabel');
  const names = label === undefined ? undefined : features.get(label)?.names;
  return {
    columns,
    image:
      ofType('Image') ?? only(schema.children.filter(isImageStruct).map((c) => c.element.name)),
    label,
    classNames: isNames(names) ? names : undefined,
  };
}

function huggingFaceFeatures(metadata: FileMetaData): Map<string, Feature> {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  if (text === undefined) return new Map();
  try {
    const document = JSON.parse(text) as { info?: { features?: Record<string, Feature> } } | null;
    return new Map(Object.entries(document?.info?.features ?? {}));
  } catch {
    // Somebody else's text under that key says nothing of the columns, and takes nothing from them.
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
