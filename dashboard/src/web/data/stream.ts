/** The tab's one stream of events. The browser connects again by itself, or this does where it gives up. */
import { signal } from '@preact/signals';
import type { ClusterFacts, StreamEvents } from '../../api/index.js';
import { getFacts } from './calls.js';
import { problemIn } from './resource.js';

/** Of the stream that is open; true while there is none. */
export const isConnected = signal(true);

/** Why it is not connected, where the server says so: it may have begun anew, and want its new address opened. */
export const refusal = signal<string | null>(null);

type Listeners = { readonly [Name in keyof StreamEvents]?: (told: StreamEvents[Name]) => void };

const AGAIN_MS = 3_000;

/** @param run - whose events; null: of all runs and workers. @returns what closes it. */
export function openStream(run: string | null, listeners: Listeners): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const connect = () => {
    source = new EventSource(`api/stream${run === null ? '' : `?run=${encodeURIComponent(run)}`}`);
    source.onopen = () => {
      isConnected.value = true;
      refusal.value = null;
    };
    source.onerror = () => {
      isConnected.value = false;
      // The browser gives up when it is answered with an error.
      if (source.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(connect, AGAIN_MS);
      void askWhy();
    };
    for (const [name, listen] of Object.entries(listeners)) {
      source.addEventListener(name, (event) => {
        (listen as (told: unknown) => void)(JSON.parse((event as MessageEvent<string>).data));
      });
    }
  };
  connect();
  return () => {
    clearTimeout(timer);
    source.close();
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
