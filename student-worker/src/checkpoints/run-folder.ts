/**
 * The current run's local files: its checkpoints and results, below `STATE/runs/RUN`.
 *
 * The compute thread only adds files; only this file deletes any. A worker has one run, so folders of other runs are
 * left from a killed process.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeFolder } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';

const FOLDER_NAME = /^[a-z0-9][a-z0-9.-]*$/;
const FETCHED = 'fetched-';

export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Opens or creates the run's folder, and deletes the folders of all other runs.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if the run's id is not a valid name.
   */
  static async open(stateDir: string, runId: string): Promise<RunFolder> {
    if (!FOLDER_NAME.test(runId)) {
      throw new LyceumError('INVALID_ARGUMENT', `"${runId}" is not a run id`);
    }
    await removeRunFolders(stateDir, runId);
    const path = join(stateDir, 'runs', runId);
    await makeFolder(path);
    return new RunFolder(path);
  }

  /** The file with this SHA-256, whatever its name. Reads all files: the folder has few. */
  async find(digest: string): Promise<string | undefined> {
    for (const name of await readdir(this.path)) {
      const file = join(this.path, name);
      if ((await fileDigest(file)) === digest) return file;
    }
    return undefined;
  }

  /** Writes a fetched file, whole or not at all. */
  async add(digest: string, bytes: Uint8Array): Promise<string> {
    const file = join(this.path, `${FETCHED}${digest.slice(0, 16)}`);
    await writeFile(`${file}.tmp`, bytes);
    await rename(`${file}.tmp`, file);
    return file;
  }

  /** Deletes every file but these. Only while nothing writes to the folder. */
  async keepOnly(files: readonly string[]): Promise<void> {
    const kept = new Set(files.map((file) => basename(file)));
    for (const name of await readdir(this.path)) {
      if (!kept.has(name)) await rm(join(this.path, name), { recursive: true, force: true });
    }
  }
}

/** Deletes all runs' local files, except those of `exceptRunId`. */
export async function removeRunFolders(stateDir: string, exceptRunId?: string): Promise<void> {
  const parent = join(stateDir, 'runs');
  await makeFolder(parent);
  for (const name of await readdir(parent)) {
    if (name !== exceptRunId) await rm(join(parent, name), { recursive: true, force: true });
  }
}

async function fileDigest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
