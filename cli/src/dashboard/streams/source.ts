/** The interface of a source of news. */
import type { StreamEvents } from '@lyceum/dashboard/api';
import type { CoordinatorClient } from '../../client/index.js';

export type StreamClient = Pick<
  CoordinatorClient,
  'clusterWorkers' | 'getHistory' | 'getRun' | 'listEvents' | 'pageOfRuns'
>;

/** An event with its name. */
export type News = {
  readonly [E in keyof StreamEvents]: { readonly event: E; readonly data: StreamEvents[E] };
}[keyof StreamEvents];

export type Tell = (news: News) => void;

export interface Source {
  /** The first news for a tab that comes later: all that is still true. */
  current(): readonly News[];
  /**
   * Sends news until the signal aborts, or there will be no more.
   *
   * @throws errors of the coordinator's calls.
   */
  run(tell: Tell, signal: AbortSignal): Promise<void>;
}
