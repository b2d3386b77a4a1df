/** The ledgers of contributors of all runs, a file each, in a folder below the coordinator's state folder. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import {
  ContributorLedger,
  type Contributors,
  type LedgerOwner,
  type LedgerWrites,
} from './contributor-ledger.js';
import { gridOf, type RunRecord } from './record/index.js';

export class ContributorLedgers {
  readonly #folder: string;
  /** Writes to the ledger that was opened last, by run id. */
  readonly #writes = new Map<string, LedgerWrites>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<ContributorLedgers> {
    await makeFolder(folder);
    return new ContributorLedgers(folder);
  }

  /**
   * Opens the ledger of a run with a quorum, for its training. The ledger of a replay begins as a copy of the replayed
   * run's. Waits for writes of an earlier training of the run.
   *
   * @throws {LyceumError} FAILED_PRECONDITION if the ledger is damaged, or the replayed contributors are not known.
   */
  async open(record: RunRecord): Promise<ContributorLedger> {
    const { runId, replayOf } = record;
    await this.#written(runId);
    const writes = { last: Promise.resolve() };
    this.#writes.set(runId, writes);
    const begin = async (): Promise<Contributors> =>
      replayOf === undefined ? new Map() : this.requireAll(record, replayOf);
    return ContributorLedger.open(this.#path(runId), ownerOf(record, record), begin, writes);
  }

  /** The run's decisions; undefined: it has no ledger. */
  read(record: RunRecord): Promise<Contributors | undefined> {
    return ContributorLedger.read(this.#path(record.runId), ownerOf(record, record));
  }

  /**
   * The contributors of every span of `run`, which has the same settings as `record`.
   *
   * @throws {LyceumError} FAILED_PRECONDITION if the contributors of a span are not known.
   */
  async requireAll(
    record: RunRecord,
    run: Pick<RunRecord, 'runId' | 'submittedAtMs'>,
  ): Promise<Contributors> {
    const decided = await ContributorLedger.read(this.#path(run.runId), ownerOf(record, run));
    const { spanCount } = gridOf(record);
    const known = decided?.size ?? 0;
    if (decided !== undefined && known === spanCount) return decided;
    const message = `run ${run.runId} cannot be replayed: the teachers behind its targets are known for only ${known} of ${spanCount} spans`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }

  async delete(runId: string): Promise<void> {
    await this.#written(runId);
    this.#writes.delete(runId);
    await rm(this.#path(runId), { force: true });
  }

  async #written(runId: string): Promise<void> {
    // The caller of the failed write has got its error.
    await this.#writes.get(runId)?.last.catch(() => undefined);
  }

  #path(runId: string): string {
    return join(this.#folder, `${runId}.contributors`);
  }
}

function ownerOf(
  record: RunRecord,
  { runId, submittedAtMs }: Pick<RunRecord, 'runId' | 'submittedAtMs'>,
): LedgerOwner {
  return { runId, submittedAtMs, stepsPerSpan: gridOf(record).stepsPerSpan };
}
