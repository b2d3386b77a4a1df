/** The tab's single stream of events. The browser reconnects by itself; if it gives up, this module reconnects. */
import { signal } from '@preact/signals';
import type { ClusterFacts, StreamEvents } from '../../api/index.js';
import { getFacts } from './calls.js';
import { problemIn } from './resource.js';

/** Whether the open stream is connected; true while none is open. */
export const isConnected = signal(true);

/** Why the stream was refused, if the server says so: after a restart, the server has a new address to open. */
export const refusal = signal<string | null>(null);

type Listeners = { readonly [Name in keyof StreamEvents]?: (told: StreamEvents[Name]) => void };

const AGAIN_MS = 3_000;

/**
 * A browser has six connections to one address, for all its tabs. So a hidden tab keeps no connection. It connects for
 * LOOK_MS every LOOK_EVERY_MS, so that its title shows the progress of a run.
 */
const LOOK_EVERY_MS = 10_000;
const LOOK_MS = 2_000;

/**
 * @param run - the run of the events; null: all runs and workers.
 * @param onAgain - called when the stream is open again: events in between were missed.
 * @returns a function that closes the stream.
 */
export function openStream(
  run: string | null,
  listeners: Listeners,
  onAgain: () => void = () => undefined,
): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wasOpen = false;
  const connect = () => {
    source = new EventSource(`api/stream${run === null ? '' : `?run=${encodeURIComponent(run)}`}`);
    source.onopen = () => {
      isConnected.value = true;
      refusal.value = null;
      if (wasOpen) onAgain();
      wasOpen = true;
    };
    source.onerror = () => {
      isConnected.value = false;
      // The browser gives up after an HTTP error. A hidden tab connects again later anyway.
      if (source.readyState !== EventSource.CLOSED || document.hidden) return;
      timer = setTimeout(connect, AGAIN_MS);
      void askWhy();
    };
    for (const [name, listen] of Object.entries(listeners)) {
      source.addEventListener(name, (event) => {
        (listen as (told: unknown) => void)(JSON.parse((event as MessageEvent<string>).data));
      });
    }
  };
  const lookIn = () => {
    connect();
    timer = setTimeout(followSight, LOOK_MS);
  };
  const leave = () => {
    clearTimeout(timer);
    source.close();
  };
  const followSight = () => {
    leave();
    if (document.hidden) timer = setTimeout(lookIn, LOOK_EVERY_MS);
    else connect();
  };
  if (document.hidden) lookIn();
  else connect();
  document.addEventListener('visibilitychange', followSight);
  return () => {
    document.removeEventListener('visibilitychange', followSight);
    leave();
    isConnected.value = true;
    refusal.value = null;
  };
}

/** Finds out why a stream was refused: unlike the stream, a call has the reason. */
async function askWhy(): Promise<void> {
  try {
    await getFacts<ClusterFacts>('cluster', AbortSignal.timeout(AGAIN_MS));
    refusal.value = null;
  } catch (error) {
    const { code, message } = problemIn(error);
    refusal.value = code === 'PERMISSION_DENIED' ? message : null;
  }
}
