/**
 * Which coordinator leads: a record in KV that its holder renews by compare-and-set.
 *
 * - A takeover raises the leader epoch. Every run record carries the epoch, and a record of a higher epoch is not
 *   overwritten. So a coordinator that stood still for minutes and lost the lease unnoticed changes nothing.
 * - The holder is a state folder, not a process. A coordinator that starts on the folder of the last holder goes on
 *   at once as its successor. Any other coordinator, one on a copy of that folder too, waits until the lease is given
 *   back, or has not been renewed for {@link LEASE_MS}.
 * - While NATS is away no other can take the lease, and its holder goes on.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { writeDurably } from '@lyceum/learning/files';
import { type Logger, makeFolder, readIfThere, sleep } from '@lyceum/platform';
import { type KeyValue, writeIfUnchanged } from '@lyceum/platform/nats';
import { LEADER_BUCKET, LyceumError, toLyceumError } from '@lyceum/proto';
import { z } from 'zod';
import { LEASE_MS, RivalLease } from './rival-lease.js';

const KEY = 'leader';

const RENEWAL_MS = LEASE_MS / 3;

/** Time without a renewal after which NATS counts as unable to store. A restart of NATS takes less. */
const UNRENEWED_MS = 5 * LEASE_MS;

const leaderRecord = z.strictObject({
  leaderEpoch: z.int().positive(),
  /** Id of the holder's state folder; empty: the lease is free. */
  holder: z.string(),
  /** The holder's machine and the path of its folder. */
  place: z.string(),
  /** Changes with each renewal, and so does the record's revision. */
  renewalCount: z.int(),
});

type LeaderRecord = z.output<typeof leaderRecord>;

interface Found {
  readonly record: LeaderRecord;
  readonly revision: number;
}

export interface LeadershipParts {
  readonly kv: KeyValue;
  /** Id of this coordinator's state folder: {@link stateFolderId}. */
  readonly holder: string;
  /** This machine and the path of the folder: a copy of the folder, with the same id, is elsewhere. */
  readonly place: string;
  /** Throws if this coordinator may not lead yet, though the lease is free. */
  readonly assertMayLead?: () => Promise<void>;
  readonly log: Logger;
  /** Milliseconds that never fall, also while the process is stopped. */
  readonly nowMs: () => number;
}

export class Leadership {
  readonly leaderEpoch: number;
  /** Resolves once another coordinator leads. */
  readonly lost: Promise<void>;
  readonly #parts: LeadershipParts;
  #record: LeaderRecord;
  #revision: number;
  /** When the last successful renewal began. */
  #renewedAtMs: number;
  /** Error of the last renewal; undefined: it succeeded. */
  #failure: LyceumError | undefined;
  #isTold = false;
  #renewal: Promise<void> | undefined;
  #lose: () => void = () => undefined;
  #isLost = false;
  #isKept = false;
  readonly #timer: NodeJS.Timeout;

  private constructor(parts: LeadershipParts, { record, revision }: Found, takenAtMs: number) {
    this.#parts = parts;
    this.#record = record;
    this.#revision = revision;
    this.#renewedAtMs = takenAtMs;
    this.leaderEpoch = record.leaderEpoch;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    this.#timer = setInterval(() => void this.#renewOnce().catch(() => this.#tell()), RENEWAL_MS);
  }

  /**
   * Waits until the lease is free, and takes it.
   *
   * @throws {LyceumError} UNAVAILABLE if NATS does not answer; CANCELLED if `signal` aborts during the wait; any error
   *   of `assertMayLead`.
   */
  static async acquire(parts: LeadershipParts, signal?: AbortSignal): Promise<Leadership> {
    const { kv, holder, place, assertMayLead, log, nowMs } = parts;
    const rival = new RivalLease();
    // NATS may lose the record during the wait: the next epoch must still be higher.
    let lastEpoch = 0;
    for (let isWaiting = false; ; await sleep(RENEWAL_MS, signal)) {
      if (signal?.aborted === true) throw new LyceumError('CANCELLED', 'no longer waiting to lead');
      const found = await read(kv);
      const current = found?.record;
      lastEpoch = Math.max(lastEpoch, current?.leaderEpoch ?? 0);
      const isFree =
        found === undefined ||
        current?.holder === '' ||
        (current?.holder === holder && current.place === place) ||
        rival.isAbandoned(found.revision, nowMs());
      if (!isFree) {
        if (!isWaiting) log.info({ leader: current?.place }, 'another coordinator leads; waiting');
        isWaiting = true;
        continue;
      }
      await assertMayLead?.();
      const takenAtMs = nowMs();
      const record = {
        leaderEpoch: lastEpoch + 1,
        holder,
        place,
        renewalCount: 0,
      };
      const revision = await write(kv, record, found?.revision);
      if (revision !== undefined) return new Leadership(parts, { record, revision }, takenAtMs);
    }
  }

  /**
   * Resolves if no other coordinator can lead yet. Makes a round trip only if the last renewal is long ago. After a
   * pause of the process all timers fire at once: each must call this before it acts.
   *
   * @throws {LyceumError} ABORTED if another coordinator leads; UNAVAILABLE if NATS does not answer.
   */
  async assertHeld(): Promise<void> {
    if (this.#isLost) throw deposed();
    if (this.#parts.nowMs() - this.#renewedAtMs >= LEASE_MS) await this.#renewOnce();
  }

  /**
   * Why NATS has stored nothing for a long time; undefined: it stores. NATS gives a stream up after a failed write to
   * disk, and does not tell its clients.
   */
  get lack(): string | undefined {
    const silentMs = this.#parts.nowMs() - this.#renewedAtMs;
    if (this.#failure === undefined || silentMs < UNRENEWED_MS) return undefined;
    return `NATS has stored nothing for ${Math.round(silentMs / 1000)} s (${this.#failure.message}); if its disk was full or has failed, restart NATS; if it is at its limit, max_file_store, raise that`;
  }

  /** Makes {@link release} leave the lease as it is: the next coordinator of this folder may take it at once. */
  keep(): void {
    this.#isKept = true;
  }

  /** Gives the lease back, so that a successor need not wait. Never rejects. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewal?.catch(() => undefined);
    if (this.#isLost || this.#isKept) return;
    try {
      await write(this.#parts.kv, { ...this.#record, holder: '' }, this.#revision);
    } catch (thrown) {
      this.#parts.log.warn({ err: toLyceumError(thrown) }, 'lease not given back');
    }
  }

  /** Logs once whenever storing begins to fail. */
  #tell(): void {
    const { lack } = this;
    if (lack !== undefined && !this.#isTold)
      this.#parts.log.error({ reason: lack }, 'NATS stores nothing; all runs stand still');
    this.#isTold = lack !== undefined;
  }

  #renewOnce(): Promise<void> {
    this.#renewal ??= this.#renew()
      .then(
        () => {
          this.#failure = undefined;
          this.#isTold = false;
        },
        (thrown: unknown) => {
          this.#failure = toLyceumError(thrown);
          throw thrown;
        },
      )
      .finally(() => {
        this.#renewal = undefined;
      });
    return this.#renewal;
  }

  async #renew(): Promise<void> {
    const { kv, nowMs } = this.#parts;
    const beganAtMs = nowMs();
    const record = { ...this.#record, renewalCount: this.#record.renewalCount + 1 };
    let revision = await write(kv, record, this.#revision);
    // If the reply to an earlier renewal was lost, the record is still this leader's, at a newer revision.
    if (revision === undefined) revision = await this.#findOwn();
    if (revision === undefined) {
      this.#isLost = true;
      clearInterval(this.#timer);
      this.#lose();
      throw deposed();
    }
    this.#record = record;
    this.#revision = revision;
    this.#renewedAtMs = beganAtMs;
  }

  /** The record's revision; undefined: it is no longer this leader's record. */
  async #findOwn(): Promise<number | undefined> {
    const found = await read(this.#parts.kv);
    const isOwn =
      found?.record.leaderEpoch === this.leaderEpoch && found.record.holder === this.#record.holder;
    return isOwn ? found.revision : undefined;
  }
}

/** The last leader. The holder is empty if it gave the lease back; epoch 0: no coordinator has led yet. */
export type LastLeader = Pick<LeaderRecord, 'leaderEpoch' | 'holder'>;

export async function lastLeaderOf(kv: KeyValue): Promise<LastLeader> {
  return (await read(kv))?.record ?? { leaderEpoch: 0, holder: '' };
}

/** Makes the next leader's epoch higher than this one, in a bucket that lost its record or counts from a lower one. */
export async function restoreLeaderEpoch(kv: KeyValue, leaderEpoch: number): Promise<void> {
  const found = await read(kv);
  if (found !== undefined && found.record.leaderEpoch >= leaderEpoch) return;
  await write(kv, { leaderEpoch, holder: '', place: '', renewalCount: 0 }, found?.revision);
}

/** The id of a state folder. Makes folder and id if they are missing; an empty id file counts as missing. */
export async function stateFolderId(folder: string): Promise<string> {
  const file = join(folder, 'coordinator-id');
  await makeFolder(folder);
  const found = (await readIfThere(file))?.toString().trim() ?? '';
  if (found !== '') return found;
  const id = randomUUID();
  await writeDurably(file, `${id}\n`);
  return id;
}

async function read(kv: KeyValue): Promise<Found | undefined> {
  const found = await kv.get(KEY);
  if (found === undefined) return undefined;
  try {
    return { record: leaderRecord.parse(JSON.parse(found.value)), revision: found.revision };
  } catch (cause) {
    const message = `key ${KEY} of bucket ${LEADER_BUCKET} in NATS is no leader record; delete it`;
    throw new LyceumError('FAILED_PRECONDITION', message, { cause });
  }
}

/** @returns the new revision; undefined if another coordinator wrote first. */
function write(
  kv: KeyValue,
  record: LeaderRecord,
  revision: number | undefined,
): Promise<number | undefined> {
  return writeIfUnchanged(kv, KEY, JSON.stringify(record), revision);
}

function deposed(): LyceumError {
  return new LyceumError('ABORTED', 'another coordinator leads now');
}
