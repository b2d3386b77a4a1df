/**
 * Finds out after every reconnect whether the ticket queue is still the one that was published to: it lies in
 * the server's memory, and a server that was away may have come back without it.
 */
import { toLyceumError } from '@lyceum/proto';
import { type Logger, type Nats, retryDelayMs, sleep, type TicketQueue } from '@lyceum/proto/node';

export interface QueueWatchParts {
  readonly nats: Nats;
  readonly queue: TicketQueue;
  /** The queue is a new one, and empty. */
  readonly lost: () => void;
  /** Ends the watch. */
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

export function watchQueue(parts: QueueWatchParts): void {
  let looked = Promise.resolve();
  parts.nats.onReconnect(() => {
    looked = looked.then(() => look(parts));
  });
}

/** Looks until JetStream answers, which a server that has just started does late. */
async function look({ queue, lost, stopping, log }: QueueWatchParts): Promise<void> {
  for (let failures = 0; !stopping.aborted; failures++) {
    try {
      if (await queue.ensureStream()) return;
      log.warn('the ticket queue is gone with its server; its tickets are issued again');
      lost();
      return;
    } catch (thrown) {
      log.debug({ err: toLyceumError(thrown) }, 'ticket queue not looked at; trying again');
      await sleep(retryDelayMs(failures, Math.random()), stopping);
    }
  }
}
