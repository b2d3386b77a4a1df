/** Where the shards of a bench's set lie, and what programs that read them are told. */
import type { ObjectSettings } from '@lyceum/platform/objects';

export interface SetPlace {
  /** Before the names of the shards. */
  readonly prefix: string;
  /** What programs that read them are told. */
  readonly objects: Required<Pick<ObjectSettings, 'datasetsRoot' | 's3Endpoint' | 'environment'>>;
}

/** A place below the folder. */
export function localPlace(folder: string): SetPlace {
  const objects = { datasetsRoot: folder, s3Endpoint: undefined, environment: {} };
  return { prefix: 'shards/', objects };
}
