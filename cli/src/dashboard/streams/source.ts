/** Where news comes from. */
import type { StreamEvents } from '@lyceum/dashboard/api';
import type { CoordinatorClient } from '../../client/index.js';

export type StreamClient = Pick<
  CoordinatorClient,
  'clusterWorkers' | 'getHistory' | 'getRun' | 'listEvents' | 'pageOfRuns'
>;

/** An event by its name. */
export type News = {
  readonly [E in keyof StreamEvents]: { readonly event: E; readonly data: StreamEvents[E] };
}[keyof StreamEvents];

export type Tell = (news: News) => void;

export interface Source {
  /** What a tab that comes later is told first: all that still holds. */
  current(): readonly News[];
  /**
   * Tells news until the signal aborts.
   *
   * @throws whatever the coordinator's calls throw.
   */
  run(tell: Tell, signal: AbortSignal): Promise<void>;
}
