/** The tab's one stream of events. The browser connects again by itself, or this does where it gives up. */
import { signal } from '@preact/signals';
import type { ClusterFacts, StreamEvents } from '../../api/index.js';
import { getFacts } from './calls.js';
import { problemIn } from './resource.js';

/** Whether the open stream is connected; true while none is open. */
export const isConnected = signal(true);

/** Why it is not connected, where the server says so: it may have begun anew, and want its new address opened. */
export const refusal = signal<string | null>(null);

type Listeners = { readonly [Name in keyof StreamEvents]?: (told: StreamEvents[Name]) => void };

const AGAIN_MS = 3_000;

/**
 * A browser has six connections to one address, for all its tabs. One that nobody looks at keeps none: it looks in now
 * and then, so that its title tells how far a run is.
 */
const LOOK_EVERY_MS = 10_000;
const LOOK_MS = 2_000;

/**
 * @param run - whose events; null: of all runs and workers.
 * @param onAgain - called when it is open again: what happened meanwhile was not told.
 * @returns what closes it.
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
      // The browser gives up when it is answered with an error; a tab that is not seen looks in again anyway.
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

/** A stream that was refused does not say why; a call does. */
async function askWhy(): Promise<void> {
  try {
    await getFacts<ClusterFacts>('cluster', AbortSignal.timeout(AGAIN_MS));
    refusal.value = null;
  } catch (error) {
    const { code, message } = problemIn(error);
    refusal.value = code === 'PERMISSION_DENIED' ? message : null;
  }
}
