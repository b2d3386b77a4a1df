/**
 * A few MiB in NATS that hold nothing. They are given up once NATS is at its limit: leases, records and deletions still
 * find room then, so that a NATS that is full can be emptied. Blobs are refused until the reserve is whole again.
 */
import { CHUNK_BYTES, RESERVE_STREAM, RESERVE_SUBJECT, StorageFullError } from '@lyceum/proto';
import { type JetStreamManager, type NatsConnection, StorageType } from 'nats';
import type { Logger } from '../../process/index.js';
import { isAtLimit, isMissing, natsError } from './nats-errors.js';
import { patiently } from './patiently.js';

/** 4 MiB: some ten thousand marks of what was deleted. */
const CHUNK_COUNT = 16;

export class Reserve {
  readonly #connection: NatsConnection;
  readonly #log: Logger;
  #filling: Promise<void> | undefined;
  #isGivenUp = false;

  constructor(connection: NatsConnection, log: Logger) {
    this.#connection = connection;
    this.#log = log;
  }

  /**
   * Makes the reserve whole, unless it is.
   *
   * @throws {StorageFullError} if NATS has no room for it.
   */
  keep(): Promise<void> {
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  /** @throws {StorageFullError} if the reserve was given up after it was last whole. */
  assertKept(): void {
    if (this.#isGivenUp) throw noRoom();
  }

  /** Carries out a write of a few KiB. If NATS is at its limit, gives the reserve up and tries again. */
  async spend<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (err) {
      if (!isAtLimit(err)) throw err;
      await this.#giveUp();
      return await write();
    }
  }

  async #fill(): Promise<void> {
    try {
      if ((await this.#chunkCount()) < CHUNK_COUNT) {
        const jetStream = this.#connection.jetstream();
        const chunk = new Uint8Array(CHUNK_BYTES);
        for (let i = 0; i < CHUNK_COUNT; i++) await jetStream.publish(RESERVE_SUBJECT, chunk);
        // Another write may have been in need meanwhile.
        if ((await this.#chunkCount()) < CHUNK_COUNT) throw noRoom();
      }
      this.#isGivenUp = false;
    } catch (err) {
      if (!isAtLimit(err)) throw natsError(err, `stream ${RESERVE_STREAM}`);
      await this.#giveUp();
      throw noRoom();
    }
  }

  async #chunkCount(): Promise<number> {
    const manager = await this.#manager();
    // Makes the stream, if it is not there. The oldest chunks go if there are too many.
    const config = {
      name: RESERVE_STREAM,
      subjects: [RESERVE_SUBJECT],
      storage: StorageType.File,
      max_msgs: CHUNK_COUNT,
    };
    const { state } = await patiently(() => manager.streams.add(config));
    return state.messages;
  }

  async #giveUp(): Promise<void> {
    if (!this.#isGivenUp)
      this.#log.warn(
        'NATS is at its limit: models, sets and checkpoints are refused until it has room',
      );
    this.#isGivenUp = true;
    const manager = await this.#manager();
    try {
      await manager.streams.purge(RESERVE_STREAM);
    } catch (err) {
      // The stream is made with the first blob.
      if (!isMissing(err)) throw err;
    }
  }

  #manager(): Promise<JetStreamManager> {
    return this.#connection.jetstreamManager({ checkAPI: false });
  }
}

function noRoom(): StorageFullError {
  return new StorageFullError('NATS has no room left');
}
