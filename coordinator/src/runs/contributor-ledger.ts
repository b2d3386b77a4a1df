/**
 * A file that names the teachers whose answers made a run's targets: for runs whose quorum is below all teachers.
 *
 *   first line   the ledger's owner, JSON; written whole or not at all
 *   other lines  SPAN CONTRIBUTOR,CONTRIBUTOR,… CRC32: one decision a line, in the order in which they were made
 *
 * A decision is on disk before the first target made by it is sent. A torn tail is cut off on open: no target was
 * sent by it. If a span has several decisions, the first counts.
 */
import { open, truncate } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { writeDurably } from '@lyceum/learning/files';
import { readIfThere, withPath } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { z } from 'zod';

/** Contributors by span: ensemble indices, rising. */
export type Contributors = ReadonlyMap<number, readonly number[]>;

export interface LedgerOwner {
  readonly runId: string;
  /** Tells the run from a deleted run of the same id. */
  readonly submittedAtMs: number;
  /** Steps of a span: span numbers depend on it. */
  readonly stepsPerSpan: number;
}

/** Writes under way to a ledger's file. */
export interface LedgerWrites {
  /** The last write; rejects once any write has failed. */
  last: Promise<void>;
}

export class ContributorLedger {
  readonly path: string;
  readonly #decided: Map<number, readonly number[]>;
  readonly #writes: LedgerWrites;

  private constructor(path: string, decided: Contributors, writes: LedgerWrites) {
    this.path = path;
    this.#decided = new Map(decided);
    this.#writes = writes;
  }

  /**
   * Opens the run's ledger. If there is none, or it belongs to another run, a new one is made.
   *
   * @param begin - the decisions that a new ledger begins with.
   * @param writes - kept up to date with the ledger's last write.
   * @throws {LyceumError} FAILED_PRECONDITION if the ledger is damaged.
   */
  static async open(
    path: string,
    owner: LedgerOwner,
    begin: () => Promise<Contributors>,
    writes: LedgerWrites = { last: Promise.resolve() },
  ): Promise<ContributorLedger> {
    const found = await readLedger(path, owner);
    if (found !== undefined) {
      await truncate(path, found.soundBytes);
      return new ContributorLedger(path, found.decided, writes);
    }
    const decided = await begin();
    const lines = [...decided].map(([span, contributors]) => decisionLine(span, contributors));
    await writeDurably(path, `${JSON.stringify(owner)}\n${lines.join('')}`);
    return new ContributorLedger(path, decided, writes);
  }

  /** Undefined: the run has no ledger. @throws {LyceumError} FAILED_PRECONDITION if the ledger is damaged. */
  static async read(path: string, owner: LedgerOwner): Promise<Contributors | undefined> {
    return (await readLedger(path, owner))?.decided;
  }

  get decided(): Contributors {
    return this.#decided;
  }

  /**
   * Writes a decision, unless the span has one already; resolves once it is on disk. After an error no more decisions
   * are written: lines after a torn line could not be read.
   */
  record(span: number, contributors: readonly number[]): Promise<void> {
    const write = this.#writes.last.then(() => this.#append(span, contributors));
    write.catch(() => {});
    this.#writes.last = write;
    return write;
  }

  async #append(span: number, contributors: readonly number[]): Promise<void> {
    if (this.#decided.has(span)) return;
    await withPath('write', this.path, async () => {
      const handle = await open(this.path, 'a');
      try {
        await handle.appendFile(decisionLine(span, contributors));
        await handle.datasync();
      } finally {
        await handle.close();
      }
    });
    this.#decided.set(span, contributors);
  }
}

function decisionLine(span: number, contributors: readonly number[]): string {
  const text = `${span} ${contributors.join(',')}`;
  return `${text} ${crc32(text).toString(16)}\n`;
}

async function readLedger(
  path: string,
  owner: LedgerOwner,
): Promise<{ decided: Contributors; soundBytes: number } | undefined> {
  const text = (await readIfThere(path))?.toString() ?? '';
  const end = text.lastIndexOf('\n') + 1;
  const [head = '', ...lines] = text.slice(0, end).split('\n').slice(0, -1);
  if (end === 0) return undefined;
  const { stepsPerSpan, ...run } = parseOwner(head, path);
  if (run.runId !== owner.runId || run.submittedAtMs !== owner.submittedAtMs) return undefined;
  if (stepsPerSpan !== owner.stepsPerSpan) {
    const message = `${path} counts spans of ${stepsPerSpan} steps, but the run's spans have ${owner.stepsPerSpan} steps`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const decided = new Map<number, readonly number[]>();
  for (const [index, line] of lines.entries()) {
    const [span = '', contributors = ''] = line.split(' ');
    const list = contributors.split(',').map(Number);
    if (`${line}\n` !== decisionLine(Number(span), list)) {
      throw new LyceumError('FAILED_PRECONDITION', damagedText(path, index + 2));
    }
    if (!decided.has(Number(span))) decided.set(Number(span), list);
  }
  return { decided, soundBytes: Buffer.byteLength(text.slice(0, end)) };
}

const ledgerOwner = z.object({
  runId: z.string(),
  submittedAtMs: z.number(),
  stepsPerSpan: z.number(),
});

/** @throws {LyceumError} FAILED_PRECONDITION if the line names no owner. */
function parseOwner(line: string, path: string): LedgerOwner {
  try {
    return ledgerOwner.parse(JSON.parse(line));
  } catch (cause) {
    throw new LyceumError('FAILED_PRECONDITION', damagedText(path, 1), { cause });
  }
}

function damagedText(path: string, line: number): string {
  return `${path} is damaged at line ${line}; it is not known which teachers made the run's targets`;
}
