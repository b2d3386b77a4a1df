/** Places for the shards of a bench's set, and the settings of programs that read them. */
import type { ObjectSettings } from '@lyceum/platform/objects';

export interface SetPlace {
  /** Prefix of the shards' names. */
  readonly prefix: string;
  /** Settings of programs that read the shards. */
  readonly objects: Required<Pick<ObjectSettings, 'datasetsRoot' | 's3Endpoint' | 'environment'>>;
}

/** A place below the folder. */
export function localPlace(folder: string): SetPlace {
  const objects = { datasetsRoot: folder, s3Endpoint: undefined, environment: {} };
  return { prefix: 'shards/', objects };
}
