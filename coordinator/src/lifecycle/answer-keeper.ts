/** Manages the stored answers for the runs: whose tables they are, which runs need them, and how much may stay. */
import type { Logger } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import type { AnswerStore, AnswerTableKey, StoredAnswers } from '../answers/index.js';
import type { RunStore } from '../runs/index.js';
import { hasEnded } from '../schedule/index.js';

/** A user that needs the answers of these teachers to a set to stay. */
export interface AnswerReader {
  readonly teachers: readonly { readonly identity: string }[];
  readonly dataset: { readonly digest: string };
}

export interface AnswerKeeperParts {
  readonly answers: AnswerStore;
  readonly store: Pick<RunStore, 'list'>;
  /** Other readers of answers at this moment, which are no runs. */
  readonly readers: () => readonly AnswerReader[];
  /** Greatest size of all answers on disk, in bytes; tables that runs in progress need stay even beyond it. */
  readonly maxBytes: number;
  readonly log: Logger;
}

export class AnswerKeeper {
  readonly #parts: AnswerKeeperParts;
  #shrinking = false;
  #isOver = false;

  constructor(parts: AnswerKeeperParts) {
    this.#parts = parts;
  }

  /** All tables, the last used first. */
  tables(): StoredAnswers[] {
    return this.#parts.answers.tables().sort((a, b) => b.lastUsedAtMs - a.lastUsedAtMs);
  }

  /** The newest run's name for the teacher; empty: no known run asked it. */
  teacherName({ key }: StoredAnswers): string {
    const runs = this.#parts.store.list().reverse();
    const teachers = runs.flatMap((run) => run.teachers);
    return teachers.find(({ identity }) => identity === key.teacherIdentity)?.name ?? '';
  }

  /** Ids of the runs that have not ended and may ask for the table's answers. */
  neededBy({ key }: StoredAnswers): string[] {
    return this.#parts.store
      .list()
      .filter((run) => !hasEnded(run.state) && reads(run, key))
      .map(({ runId }) => runId);
  }

  /** @throws {LyceumError} NOT_FOUND; FAILED_PRECONDITION if a run needs the table. */
  async delete(name: string): Promise<void> {
    const table = this.tables().find((stored) => stored.name === name);
    const [runId] = table === undefined ? [] : this.neededBy(table);
    if (runId !== undefined) {
      throw new LyceumError('FAILED_PRECONDITION', `run ${runId} may ask for these answers`);
    }
    await this.#parts.answers.delete(name);
  }

  /** Deletes tables until the rest fits into `maxBytes`. */
  async shrink(): Promise<void> {
    if (this.#shrinking) return;
    this.#shrinking = true;
    const { answers, readers, maxBytes, log } = this.#parts;
    const isNeeded = (table: StoredAnswers) =>
      this.neededBy(table).length > 0 || readers().some((reader) => reads(reader, table.key));
    try {
      const evicted = await answers.shrink(maxBytes, isNeeded);
      if (evicted.length > 0) {
        const bytes = evicted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        log.info({ tables: evicted.length, bytes }, 'answers deleted to make room');
      }
      const isOver = answers.sizeBytes > maxBytes;
      if (isOver && !this.#isOver) {
        const { sizeBytes } = answers;
        log.warn(
          { sizeBytes, maxBytes },
          'answers of runs in progress take more room than allowed',
        );
      }
      this.#isOver = isOver;
    } finally {
      this.#shrinking = false;
    }
  }
}

function reads({ teachers, dataset }: AnswerReader, key: AnswerTableKey): boolean {
  const { datasetDigest, teacherIdentity } = key;
  return (
    dataset.digest === datasetDigest &&
    teachers.some(({ identity }) => identity === teacherIdentity)
  );
}
