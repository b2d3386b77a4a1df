/**
 * Checks after every reconnect what NATS still has. The ticket queue is in the server's memory: a restarted server has
 * lost it, and a server with a new disk has lost everything. In a cluster, the restarted server may be another one
 * than the server that this process is connected to, so the queue is also checked from time to time.
 */
import { type Logger, retryDelayMs, sleep } from '@lyceum/platform';
import type { Nats, TicketQueue } from '@lyceum/platform/nats';
import { toLyceumError } from '@lyceum/proto';

/** How often the queue is checked without a reconnect. */
const QUEUE_LOOK_MS = 10_000;

/** A store that is missing for this time counts as lost: a server in a cluster may take a moment to find it. */
const STORE_PATIENCE_MS = 1_000;

export interface ReconnectWatchParts {
  readonly nats: Nats;
  readonly queue: TicketQueue;
  /** Throws a {@link LyceumError} if another coordinator leads: the queue then belongs to that one. */
  readonly assertHeld: () => Promise<void>;
  readonly hasStore: () => Promise<boolean>;
  /** Called when the queue was lost: a new, empty queue has been made. */
  readonly queueLost: () => void;
  /** Called when NATS has lost its store. Nothing may be written to NATS before the store is restored. */
  readonly storeLost: () => void;
  /** Ends the watch. */
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

export function watchReconnects(parts: ReconnectWatchParts): void {
  let looked = Promise.resolve();
  parts.nats.onReconnect(() => {
    looked = looked.then(() => lookUntilAnswered(parts));
  });
  const timer = setInterval(() => {
    looked = looked.then(() => lookAtQueueNow(parts));
  }, QUEUE_LOOK_MS);
  parts.stopping.addEventListener('abort', () => clearInterval(timer), { once: true });
}

/** If the check fails, the next one follows at the next tick. */
async function lookAtQueueNow(parts: ReconnectWatchParts): Promise<void> {
  if (!parts.nats.connected || parts.stopping.aborted) return;
  try {
    await lookAtQueue(parts);
  } catch (thrown) {
    parts.log.debug({ err: toLyceumError(thrown) }, 'the ticket queue could not be checked');
  }
}

/** Repeats the check until NATS answers: on a server that has just started JetStream takes a while. */
async function lookUntilAnswered(parts: ReconnectWatchParts): Promise<void> {
  const { stopping, log } = parts;
  for (let failures = 0; !stopping.aborted; failures++) {
    try {
      await look(parts);
      return;
    } catch (thrown) {
      log.debug({ err: toLyceumError(thrown) }, 'NATS could not be checked; trying again');
      await sleep(retryDelayMs(failures, Math.random()), stopping);
    }
  }
}

async function look(parts: ReconnectWatchParts): Promise<void> {
  const { hasStore, storeLost, stopping } = parts;
  if (!(await hasStore())) {
    await sleep(STORE_PATIENCE_MS, stopping);
    if (!(await hasStore())) {
      if (!stopping.aborted) storeLost();
      return;
    }
  }
  await lookAtQueue(parts);
}

async function lookAtQueue(parts: ReconnectWatchParts): Promise<void> {
  const { queue, assertHeld, queueLost, log } = parts;
  await assertHeld();
  if (await queue.ensureStream()) return;
  log.warn('NATS has lost the ticket queue; its tickets are issued again');
  queueLost();
}
