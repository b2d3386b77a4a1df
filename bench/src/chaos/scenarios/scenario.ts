/** A variant of the chaos run: what the run trains, which servers it asks, what users do meanwhile. */
import type { CoordinatorClient } from '@lyceum/cli/client';

export interface Scenario {
  readonly name: string;
  /**
   * Which weights the disturbed run must have. `oracle`: those of the oracle and of the undisturbed run;
   * `undisturbed`: those of the undisturbed run; `replay`: those of its own replay, if nobody knows which teachers
   * will be late.
   */
  readonly expected: 'oracle' | 'undisturbed' | 'replay';
  /** Fields that replace those of the plain run's `spec`; undefined: the field is left out. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** No blow falls before this share of the run's steps; below 0, some fall before the first. Default a tenth. */
  readonly firstBlowAt?: number;
  /** Starts the servers that the run asks, and pushes their descriptions. Blows hit the servers like processes. */
  readonly openServers?: (
    client: CoordinatorClient,
    route: (address: string) => Promise<string>,
  ) => Promise<Servers>;
  /** Acts as users during the disturbed run. Rejects if a user sees something wrong. */
  readonly meanwhile?: (scene: Scene) => Promise<void>;
}

export interface Servers {
  /** From now on another model answers (`isOther`), or the pushed one. */
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
