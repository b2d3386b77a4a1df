/** A coordinator's client that answers from a few fields which a test sets. */
import {
  GetHistoryResponse,
  ListLogsResponse,
  ListRunsResponse,
  ListWorkersResponse,
  LyceumError,
  Run,
  type RunEvent,
  RunState,
} from '@lyceum/proto';
import type { DashboardClient } from '../../src/dashboard/routes.js';

/** The fields of a run that a test sets. */
type Fields = Partial<Omit<Run, 'cost' | 'progress'>> & {
  readonly cost?: object;
  readonly progress?: object;
};

export function run(runId: string, more: Fields = {}): Run {
  const fields = { kind: 'Distillation', state: RunState.RUN_STATE_TRAINING, attempt: 1 };
  return Run.fromPartial({ runId, ...fields, ...more });
}

export class FakeCluster implements DashboardClient {
  readonly address = '127.0.0.1:7700';
  readonly runs = new Map<string, Run>();
  workers = ListWorkersResponse.fromPartial({});
  history = GetHistoryResponse.fromPartial({});
  events: RunEvent[] = [];
  logs = ListLogsResponse.fromPartial({});
  /** Names of calls, in their order. */
  readonly calls: string[] = [];
  /** What every call throws. */
  failure: Error | undefined;

  async #answered<T>(call: string, answer: () => T): Promise<T> {
    this.calls.push(call);
    if (this.failure !== undefined) throw this.failure;
    return answer();
  }

  #run(id: string): Run {
    const found = this.runs.get(id);
    if (found === undefined) throw new LyceumError('NOT_FOUND', `there is no run ${id}`);
    return found;
  }

  version = () => this.#answered('version', () => '0.1.0');
  getRun = (id: string) => this.#answered(`getRun ${id}`, () => this.#run(id));
  cancelRun = (id: string) => this.#answered(`cancelRun ${id}`, () => this.#run(id));
  resumeRun = (id: string) => this.#answered(`resumeRun ${id}`, () => this.#run(id));
  retryRun = (id: string) => this.#answered(`retryRun ${id}`, () => this.#run(id));
  releaseWorker = (id: string) => this.#answered(`releaseWorker ${id}`, () => []);
  clusterWorkers = () => this.#answered('clusterWorkers', () => this.workers);
  getHistory = () => this.#answered('getHistory', () => this.history);

  pageOfRuns: DashboardClient['pageOfRuns'] = (request) =>
    this.#answered(`pageOfRuns ${JSON.stringify(request)}`, () =>
      ListRunsResponse.fromPartial({ runs: [...this.runs.values()] }),
    );

  getReport: DashboardClient['getReport'] = (id) =>
    this.#answered(`getReport ${id}`, () => {
      throw new LyceumError('FAILED_PRECONDITION', `run ${id} has not succeeded`);
    });

  getFindings: DashboardClient['getFindings'] = (id) =>
    this.#answered(`getFindings ${id}`, () => {
      throw new LyceumError('FAILED_PRECONDITION', 'this coordinator has no findings');
    });

  getPredictions: DashboardClient['getPredictions'] = (id) =>
    this.#answered(`getPredictions ${id}`, () => Buffer.alloc(0));

  async *listLogs(
    id: string,
    { before = 0, tail = 0 }: { before?: number; tail?: number } = {},
  ): AsyncGenerator<ListLogsResponse, void, undefined> {
    this.#run(id);
    this.calls.push(`listLogs ${id} ${before} ${tail}`);
    yield this.logs;
  }

  /** With `follow` a test may add events meanwhile. */
  async *listEvents(
    id: string,
    { follow = false, signal }: { follow?: boolean; signal?: AbortSignal } = {},
  ): AsyncGenerator<RunEvent, void, undefined> {
    this.#run(id);
    for (let i = 0; signal?.aborted !== true; ) {
      const event = this.events[i];
      if (event !== undefined) {
        i += 1;
        yield event;
      } else if (follow) await new Promise((resolve) => setTimeout(resolve, 5));
      else return;
    }
  }
}
