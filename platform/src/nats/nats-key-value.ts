/** Small records under keys, each with a revision that a compare-and-set names. */
import { LyceumError } from '@lyceum/proto';
import { type KV, type NatsConnection, StorageType } from 'nats';
import { isMissing, natsError, type Reserve } from './jetstream/index.js';

export interface KeyValue {
  get(key: string): Promise<{ readonly value: string; readonly revision: number } | undefined>;
  /**
   * Writes a new key. @returns its revision.
   *
   * @throws {LyceumError} ABORTED if the key exists.
   */
  create(key: string, value: string): Promise<number>;
  /**
   * Replaces the value at the named revision. @returns the new revision.
   *
   * @throws {LyceumError} ABORTED if the key has another revision.
   */
  update(key: string, value: string, revision: number): Promise<number>;
  /** Writes the key, whatever its revision. @returns the new revision. */
  put(key: string, value: string): Promise<number>;
  /** Does nothing if the key is not there. */
  delete(key: string): Promise<void>;
  /** In no particular order. */
  keys(): Promise<string[]>;
  /** Which of these keys the bucket never had. Deleted ones, which leave a mark, do not count. */
  unknown(keys: readonly string[]): Promise<string[]>;
}

/**
 * Writes a key if it has not changed since it was read.
 *
 * @param revision - the revision that was read; undefined: the key was not there.
 * @returns the new revision; undefined if another program has written meanwhile.
 */
export async function writeIfUnchanged(
  kv: KeyValue,
  key: string,
  value: string,
  revision: number | undefined,
): Promise<number | undefined> {
  try {
    return revision === undefined
      ? await kv.create(key, value)
      : await kv.update(key, value, revision);
  } catch (err) {
    if (err instanceof LyceumError && err.code === 'ABORTED') return undefined;
    throw err;
  }
}

export interface KeyValueOptions {
  /** Makes the bucket if it is not there. */
  readonly create: boolean;
  /** First revision of an empty bucket, so that no revision of a lost bucket is used again. Default 1. */
  readonly firstRevision?: number;
}

/** @param reserve - given up when NATS has no room for a value. */
export async function openKeyValue(
  connection: NatsConnection,
  reserve: Reserve,
  bucket: string,
  { create, firstRevision = 1 }: KeyValueOptions,
): Promise<KeyValue> {
  try {
    const kv = await connection.jetstream().views.kv(bucket, {
      history: 1,
      storage: StorageType.File,
      bindOnly: !create,
    });
    // Opening a bucket does not ask the server: a missing bucket would look like an empty one.
    if (!create) await kv.status();
    // A purge up to a sequence that no message has reached makes the stream continue from there.
    if (firstRevision > 1 && (await kv.status()).values === 0) {
      const manager = await connection.jetstreamManager();
      await manager.streams.purge(`KV_${bucket}`, { seq: firstRevision });
    }
    return new JetStreamKeyValue(kv, bucket, reserve);
  } catch (err) {
    throw natsError(err, `bucket ${bucket}`);
  }
}

export async function hasKeyValue(connection: NatsConnection, bucket: string): Promise<boolean> {
  try {
    const manager = await connection.jetstreamManager();
    await manager.streams.info(`KV_${bucket}`);
    return true;
  } catch (err) {
    if (isMissing(err)) return false;
    throw natsError(err, `bucket ${bucket}`);
  }
}

class JetStreamKeyValue implements KeyValue {
  readonly #kv: KV;
  readonly #bucket: string;
  readonly #reserve: Reserve;

  constructor(kv: KV, bucket: string, reserve: Reserve) {
    this.#kv = kv;
    this.#bucket = bucket;
    this.#reserve = reserve;
  }

  get(key: string): Promise<{ value: string; revision: number } | undefined> {
    return this.#named(key, async () => {
      const entry = await this.#kv.get(key);
      if (entry === null || entry.operation !== 'PUT') return undefined;
      return { value: entry.string(), revision: entry.revision };
    });
  }

  create(key: string, value: string): Promise<number> {
    return this.#write(key, () => this.#kv.create(key, value));
  }

  update(key: string, value: string, revision: number): Promise<number> {
    return this.#write(key, () => this.#kv.update(key, value, revision));
  }

  put(key: string, value: string): Promise<number> {
    return this.#write(key, () => this.#kv.put(key, value));
  }

  delete(key: string): Promise<void> {
    return this.#write(key, () => this.#kv.delete(key));
  }

  keys(): Promise<string[]> {
    return this.#named('keys', async () => {
      const keys: string[] = [];
      for await (const key of await this.#kv.keys()) keys.push(key);
      return keys;
    });
  }

  async unknown(keys: readonly string[]): Promise<string[]> {
    const there = new Set(await this.keys());
    const unknown: string[] = [];
    for (const key of keys) {
      if (there.has(key)) continue;
      if ((await this.#named(key, () => this.#kv.get(key))) === null) unknown.push(key);
    }
    return unknown;
  }

  #write<T>(key: string, act: () => Promise<T>): Promise<T> {
    return this.#named(key, () => this.#reserve.spend(act));
  }

  async #named<T>(key: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (err) {
      throw natsError(err, `${this.#bucket}/${key}`);
    }
  }
}
