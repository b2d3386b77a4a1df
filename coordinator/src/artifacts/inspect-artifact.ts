/** Reads a file that should be a model package or a data set, in a thread, and says what is in it. */
import type { SharedSamples, StoredDataset } from '@lyceum/learning/datasets';
import type { LayerDescription } from '@lyceum/learning/models';
import { elementCount } from '@lyceum/proto';
import { runTask } from '../tasks/index.js';

export type ArtifactKindName = 'model' | 'dataset';

export interface InspectionRequest {
  readonly kind: ArtifactKindName;
  readonly file: string;
}

/**
 * A data set without its inputs, texts, cells, and places of its pictures in shards, which take most of its memory and
 * which only workers need. Of a set that was made of texts, `texts` is there, and empty.
 */
export interface DatasetOutline extends Omit<StoredDataset, 'shards'> {
  readonly sharedSamples: SharedSamples;
}

/** Bytes of a decoded picture of a set in shards; undefined: the set is one file. */
export function pictureBytesOf({
  chunkEnds,
  modalities,
}: Pick<DatasetOutline, 'chunkEnds' | 'modalities'>): number | undefined {
  if (chunkEnds === undefined) return undefined;
  const shapes = [...modalities.values()].map(({ sampleShape }) => sampleShape);
  return shapes.reduce((sum, shape) => sum + elementCount(shape), 0);
}

export type ArtifactInspection =
  | {
      readonly kind: 'model';
      readonly digest: string;
      readonly description: Readonly<Record<string, unknown>>;
      /** Not a part of the description, which is kept under every name: a large model has thousands of layers. */
      readonly layers: readonly LayerDescription[];
    }
  | {
      readonly kind: 'dataset';
      readonly digest: string;
      readonly description: Readonly<Record<string, unknown>>;
      readonly outline: DatasetOutline;
    };

/**
 * @param what - what to call the file in an error.
 * @throws {LyceumError} INVALID_ARGUMENT naming what is wrong with it.
 */
export function inspectArtifact(
  kind: ArtifactKindName,
  file: string,
  what: string,
): Promise<ArtifactInspection> {
  const request: InspectionRequest = { kind, file };
  const task = new URL('../../dist/artifacts/inspect-task.js', import.meta.url);
  return runTask<InspectionRequest, ArtifactInspection>(task, 'inspect', request, what);
}
