/**
 * Finds out after every reconnect what NATS still has. The ticket queue lies in the server's memory, and a server
 * that was away may have come back without it; or on another disk, without anything. In a cluster of servers it may have
 * been another than the one that this process is connected to, so the queue is also looked at every now and then.
 */
import { type Logger, retryDelayMs, sleep } from '@lyceum/platform';
import type { Nats, TicketQueue } from '@lyceum/platform/nats';
import { toLyceumError } from '@lyceum/proto';

/** How often the queue is looked at without a reconnect. */
const QUEUE_LOOK_MS = 10_000;

/** How long a store stays missing until it is lost: a server in a cluster may take a moment to find it. */
const STORE_PATIENCE_MS = 1_000;

export interface ReconnectWatchParts {
  readonly nats: Nats;
  readonly queue: TicketQueue;
  /** Throws a {@link LyceumError} if another coordinator leads: the queue is its own then. */
  readonly assertHeld: () => Promise<void>;
  readonly hasStore: () => Promise<boolean>;
  /** The queue is a new one, and empty. */
  readonly queueLost: () => void;
  /** NATS has lost everything. Nothing may be written to it before it is restored. */
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

/** What cannot be looked at is looked at later. */
async function lookAtQueueNow(parts: ReconnectWatchParts): Promise<void> {
  if (!parts.nats.connected || parts.stopping.aborted) return;
  try {
    await lookAtQueue(parts);
  } catch (thrown) {
    parts.log.debug({ err: toLyceumError(thrown) }, 'the ticket queue was not looked at');
  }
}

/** JetStream answers late on a server that has just started. */
async function lookUntilAnswered(parts: ReconnectWatchParts): Promise<void> {
  const { stopping, log } = parts;
  for (let failures = 0; !stopping.aborted; failures++) {
    try {
      await look(parts);
      return;
    } catch (thrown) {
      log.debug({ err: toLyceumError(thrown) }, 'NATS not looked at; trying again');
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
  log.warn('the ticket queue is gone with its server; its tickets are issued again');
  queueLost();
}
