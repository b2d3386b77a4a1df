/**
 * Findings of runs that have succeeded, made when somebody asks for them.
 *
 * A few of them are kept in memory. Making them again takes seconds; a file would have to be deleted with its run, and
 * made anew whenever the format of findings changes.
 */
import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, withPath } from '@lyceum/platform';
import type { BlobStore } from '@lyceum/platform/nats';
import { toLyceumError } from '@lyceum/proto';
import type { ArtifactCatalog } from '../artifacts/index.js';
import type { RunRecord } from '../runs/index.js';
import { runTask } from '../tasks/index.js';
import type { FindingsRequest } from './findings-task.js';

/** Each has under 2 MB. */
const KEPT = 16;

export interface RunFindingsParts {
  readonly blobs: Pick<BlobStore, 'read'>;
  readonly catalog: Pick<ArtifactCatalog, 'file' | 'uploadFolder'>;
  /** Default: in a thread. @returns JSON of kind Findings. */
  readonly compose?: (request: FindingsRequest) => Promise<string>;
  readonly log: Logger;
}

function composeInThread(request: FindingsRequest): Promise<string> {
  const task = new URL('../../dist/evaluation/findings-task.js', import.meta.url);
  return runTask(task, 'findings', request, `findings of run ${request.runId}`);
}

export class RunFindings {
  readonly #parts: RunFindingsParts;
  /** By digest of the report, the one used last at the end. */
  readonly #kept = new Map<string, Promise<string>>();
  /** Findings are made one at a time: meanwhile a copy of the predictions is on the disk. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: RunFindingsParts) {
    this.#parts = parts;
  }

  /**
   * @returns JSON of kind Findings.
   * @throws {LyceumError} NOT_FOUND if report or predictions are gone; StorageFullError if there is no room for a copy.
   */
  get(
    record: Pick<RunRecord, 'runId' | 'dataset' | 'studentModality'>,
    report: NonNullable<RunRecord['report']>,
  ): Promise<string> {
    const { reportDigest } = report;
    const found = this.#kept.get(reportDigest) ?? this.#inTurn(record, report);
    this.#kept.delete(reportDigest);
    this.#kept.set(reportDigest, found);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return found;
  }

  #inTurn(
    record: Pick<RunRecord, 'runId' | 'dataset' | 'studentModality'>,
    report: NonNullable<RunRecord['report']>,
  ): Promise<string> {
    const forget = () => this.#kept.delete(report.reportDigest);
    const found = this.#last
      .then(() => this.#make(record, report, forget))
      .catch((err: unknown) => {
        forget();
        throw err;
      });
    this.#last = found.catch(() => {});
    return found;
  }

  /** @param forget - called if these findings must not be kept: the next request makes them again. */
  async #make(
    { runId, dataset, studentModality }: Pick<RunRecord, 'runId' | 'dataset' | 'studentModality'>,
    { reportDigest, predictionsDigest }: NonNullable<RunRecord['report']>,
    forget: () => void,
  ): Promise<string> {
    const files = new Map<string, string>();
    try {
      for (const digest of [reportDigest, predictionsDigest]) {
        files.set(digest, await this.#copy(digest));
      }
      const set = await this.#setOf(runId, dataset);
      if (set === undefined) forget();
      const { compose = composeInThread } = this.#parts;
      return await compose({
        runId,
        report: files.get(reportDigest) as string,
        predictions: files.get(predictionsDigest) as string,
        dataset: set,
        modality: studentModality,
      });
    } finally {
      for (const file of files.values()) await rm(file, { force: true });
    }
  }

  /** On disk, since predictions may be larger than memory. */
  async #copy(digest: string): Promise<string> {
    const path = join(this.#parts.catalog.uploadFolder, randomUUID());
    try {
      await withPath('write', path, async () => {
        const file = await open(path, 'wx');
        try {
          for await (const chunk of this.#parts.blobs.read(digest)) await file.writeFile(chunk);
        } finally {
          await file.close();
        }
      });
      return path;
    } catch (err) {
      await rm(path, { force: true });
      throw err;
    }
  }

  /** Path of the run's set; undefined: it was deleted, or cannot be read any more. */
  async #setOf(runId: string, dataset: RunRecord['dataset']): Promise<string | undefined> {
    try {
      return await this.#parts.catalog.file(dataset);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (err.retryable) throw err;
      this.#parts.log.info({ err, runId }, 'findings without examples: there is no such data set');
      return undefined;
    }
  }
}
