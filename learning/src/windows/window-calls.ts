/** What the picture thread and its owner say to each other. */
import type { ObjectSettings } from '@lyceum/platform/objects';

/** What objects are read from; plain data, since it is handed to the thread. */
interface ObjectPlaces extends Omit<ObjectSettings, 'guard'> {
  /** Which addresses may be called beside public ones, as the operator lists them. */
  readonly allowedAddresses: readonly string[];
}

/** What the picture thread is started with. */
export interface PictureRoomSettings {
  readonly objects: ObjectPlaces;
  /** Pictures that are in memory at once, encoded and decoded. */
  readonly memoryBytes: number;
  /** Pictures that are decoded at once. */
  readonly decodeThreads: number;
  /** On a local disk; undefined: nothing is kept. */
  readonly cacheFolder: string | undefined;
  readonly cacheBytes: number;
  /** The memory of {@link Counters}. */
  readonly counters: SharedArrayBuffer;
}

/** A verified local file of a set in shards. */
export interface SetFile {
  readonly digest: string;
  readonly file: string;
}

/** What the picture thread offers. */
export interface PictureCalls {
  open(set: SetFile): Promise<void>;
  /** @param id - of this use, which `release` ends. */
  take(id: number, digest: string, samples: Uint32Array): Promise<Uint8Array>;
  release(id: number): void;
  fetchAhead(digest: string, samples: Uint32Array): void;
  forget(digest: string, samples: Uint32Array): void;
  keepSets(digests: readonly string[]): void;
}

/** What the picture thread tells its owner. */
export interface PictureNews {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}
