import { join, resolve } from 'node:path';
import type { WorkerFlags } from './worker-flags.js';

/** Settings for reading the pictures of sets in shards. Plain data, for a thread. */
export interface PictureSettings {
  /** Where shards may be read from. */
  readonly objects: {
    readonly datasetsRoot: string | undefined;
    /** Allowed in addition to public addresses. */
    readonly allowedAddresses: readonly string[];
    readonly s3Endpoint: string | undefined;
    readonly s3Region: string | undefined;
    /** Holds the credentials of S3. */
    readonly environment: NodeJS.ProcessEnv;
  };
  readonly cacheFolder: string;
  readonly cacheBytes: number;
  readonly memoryBytes: number;
  readonly decodeThreads: number;
}

const MIB = 1024 ** 2;

/** @param environment - holds the credentials of S3. */
export function pictureSettings(
  flags: WorkerFlags,
  environment: NodeJS.ProcessEnv,
): PictureSettings {
  const { datasetsRoot, allowAddresses, s3Endpoint, s3Region, dataCacheDir, stateDir } = flags;
  return {
    objects: {
      datasetsRoot,
      allowedAddresses: allowAddresses,
      s3Endpoint,
      s3Region,
      environment: { ...environment },
    },
    cacheFolder: resolve(dataCacheDir ?? join(stateDir, 'pictures')),
    cacheBytes: flags.dataCacheMib * MIB,
    memoryBytes: flags.dataMemoryMib * MIB,
    decodeThreads: flags.decodeThreads,
  };
}
