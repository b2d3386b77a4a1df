/** What a chaos run is besides the plain one: what it trains, which servers it asks, what its users do meanwhile. */
import type { CoordinatorClient } from '@lyceum/cli/client';

export interface Scenario {
  readonly name: string;
  /**
   * What the disturbed run's weights must be: those of the oracle in one process and of the undisturbed run; of the
   * undisturbed run alone; or of its own replay, since nobody knows which teachers will be late.
   */
  readonly expected: 'oracle' | 'undisturbed' | 'replay';
  /** Fields of the run's `spec` in place of the plain run's; undefined: the field is left out. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** No blow falls before this share of the run's steps; below 0, some fall before the first. Default a tenth. */
  readonly firstBlowAt?: number;
  /** Starts the servers that the run asks, and pushes what describes them. They are struck like processes. */
  readonly openServers?: (
    client: CoordinatorClient,
    route: (address: string) => Promise<string>,
  ) => Promise<Servers>;
  /** What users do while the disturbed run goes on. Rejects if they find anything wrong. */
  readonly meanwhile?: (scene: Scene) => Promise<void>;
}

export interface Servers {
  /** Another model answers from now on, or the one that was pushed. */
  swap(isOther: boolean): void;
  close(): void;
}

export interface Scene {
  readonly client: CoordinatorClient;
  readonly runId: string;
  /** The run's document. */
  readonly document: string;
  readonly stepCount: number;
  readonly servers: Servers | undefined;
  /** Aborts once the run has ended. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}
