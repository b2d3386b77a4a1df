/**
 * The queues of teachers' tickets: made when a worker is to read one, dropped once no run has asked the teacher for a
 * while.
 */
import type { Logger } from '@lyceum/platform';
import type { TicketQueue } from '@lyceum/platform/nats';

/** How long an unwanted teacher's queue is kept. */
const KEPT_MS = 60_000;

export interface TeacherQueuesParts {
  readonly queue: Pick<TicketQueue, 'ensureConsumer' | 'deleteConsumer'>;
  readonly now: () => number;
  readonly log: Logger;
}

export class TeacherQueues {
  readonly #parts: TeacherQueuesParts;
  /** Teachers whose queues are known to exist. */
  readonly #known = new Set<string>();
  /** Since when a teacher is unwanted whose queue may still exist. */
  readonly #unwantedSinceMs = new Map<string, number>();

  constructor(parts: TeacherQueuesParts) {
    this.#parts = parts;
  }

  /** An earlier coordinator may have left this teacher's queue: unless the teacher is wanted, the queue is dropped. */
  mayExist(identity: string): void {
    this.#unwantedSinceMs.set(identity, this.#parts.now());
  }

  /** No queue is known to exist any more. */
  lost(): void {
    this.#known.clear();
  }

  async ensure(identity: string): Promise<void> {
    if (this.#known.has(identity)) return;
    const consumer = await this.#parts.queue.ensureConsumer(identity);
    this.#known.add(identity);
    this.#parts.log.debug({ teacher: identity, consumer }, 'ticket queue opened');
  }

  async dropUnwanted(isWanted: (identity: string) => boolean): Promise<void> {
    const { queue, now, log } = this.#parts;
    for (const identity of new Set([...this.#known, ...this.#unwantedSinceMs.keys()])) {
      if (isWanted(identity)) {
        this.#unwantedSinceMs.delete(identity);
        continue;
      }
      const sinceMs = this.#unwantedSinceMs.get(identity) ?? now();
      this.#unwantedSinceMs.set(identity, sinceMs);
      if (now() - sinceMs < KEPT_MS) continue;
      await queue.deleteConsumer(identity);
      this.#known.delete(identity);
      this.#unwantedSinceMs.delete(identity);
      log.debug({ teacher: identity }, 'ticket queue closed');
    }
  }
}
