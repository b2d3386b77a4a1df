/** The calls between the picture thread and its owner. */
import type { ObjectSettings } from '@lyceum/platform/objects';

/** Where objects are read from; plain data, since it is sent to the thread. */
interface ObjectPlaces extends Omit<ObjectSettings, 'guard'> {
  /** Addresses that may be called besides public ones, as the operator lists them. */
  readonly allowedAddresses: readonly string[];
}

/** Settings with which the picture thread starts. */
export interface PictureRoomSettings {
  readonly objects: ObjectPlaces;
  /** Memory for pictures, encoded and decoded. */
  readonly memoryBytes: number;
  /** How many pictures are decoded at once. */
  readonly decodeThreads: number;
  /** Folder of the cache on a local disk; undefined: there is no cache. */
  readonly cacheFolder: string | undefined;
  readonly cacheBytes: number;
  /** Memory of {@link Counters}. */
  readonly counters: SharedArrayBuffer;
}

/** The local, verified manifest of a set in shards. */
export interface SetFile {
  readonly digest: string;
  readonly file: string;
}

/** Calls that the picture thread answers. */
export interface PictureCalls {
  open(set: SetFile): Promise<void>;
  /** @param id - names this use of the window; `release` ends the use. */
  take(id: number, digest: string, samples: Uint32Array): Promise<Uint8Array>;
  release(id: number): void;
  fetchAhead(digest: string, samples: Uint32Array): void;
  forget(digest: string, samples: Uint32Array): void;
  keepSets(digests: readonly string[]): void;
}

/** What the picture thread tells its owner unasked. */
export interface PictureNews {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}
