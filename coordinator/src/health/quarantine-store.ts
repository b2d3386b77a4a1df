/** Quarantines in NATS, so that they outlast the coordinator: one key each. */
import type { Logger } from '@lyceum/platform';
import type { KeyValue } from '@lyceum/platform/nats';
import { QUARANTINE_BUCKET, toLyceumError } from '@lyceum/proto';
import { z } from 'zod';
import type { Quarantine, Replica } from './replicas/index.js';

const quarantine = z.strictObject({
  workerId: z.string(),
  teacher: z.string().regex(/^[0-9a-f]{64}$/),
  reason: z.string(),
  sinceMs: z.number().min(0),
});

export class QuarantineStore {
  readonly #kv: KeyValue;
  readonly #log: Logger;
  /** Writes go one after the other, so that a release is not written before its quarantine. */
  #writes: Promise<void> = Promise.resolve();

  constructor(kv: KeyValue, log: Logger) {
    this.#kv = kv;
    this.#log = log;
  }

  async list(): Promise<Quarantine[]> {
    const found: Quarantine[] = [];
    for (const key of await this.#kv.keys()) {
      const entry = await this.#kv.get(key);
      if (entry === undefined) continue;
      try {
        found.push(quarantine.parse(JSON.parse(entry.value)));
      } catch (err) {
        this.#log.error({ err, bucket: QUARANTINE_BUCKET, key }, 'quarantine cannot be read');
      }
    }
    return found;
  }

  /**
   * A quarantine that cannot be written lasts as long as this coordinator. Its successor's self-test finds the fault
   * again.
   *
   * @param after - the write waits for it.
   */
  put(kept: Quarantine, after: Promise<void>): void {
    this.#write(async () => {
      await after;
      await this.#kv.put(keyOf(kept), JSON.stringify(kept));
    });
  }

  delete(replica: Replica): void {
    this.#write(() => this.#kv.delete(keyOf(replica)));
  }

  /** Resolves once what was put and deleted has been written. */
  settled(): Promise<void> {
    return this.#writes;
  }

  #write(change: () => Promise<unknown>): void {
    this.#writes = this.#writes.then(async () => {
      try {
        await change();
      } catch (thrown) {
        this.#log.warn({ err: toLyceumError(thrown) }, 'quarantine not written');
      }
    });
  }
}

function keyOf({ workerId, teacher }: Replica): string {
  return `${teacher}.${workerId}`;
}
