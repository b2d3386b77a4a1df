/** Calls about runs: part of {@link CoordinatorClient}. */
import type { Findings, Report } from '@lyceum/coordinator/documents';
import { call, connect, openServerStream, RunClient, type TlsIdentity } from '@lyceum/platform';
import {
  type GetHistoryRequest,
  type GetHistoryResponse,
  InvalidDocumentError,
  ListLogsRequest,
  type ListLogsResponse,
  ListRunsRequest,
  type ListRunsResponse,
  type Run,
  type RunEvent,
} from '@lyceum/proto';
import { collect } from './artifact-bytes.js';
import { present } from './present.js';
import { runsOfStates } from './run-states.js';
import { watchRun } from './watch-run.js';
import { type Cancellable, LONG_CALL_MS, type WatchOptions } from './watching.js';

/** Runs of one page: the coordinator's limit. */
const RUN_PAGE_MAX = 500;

/** Which runs are listed, and whether without their specifications. */
export type RunsRequest = Partial<Omit<ListRunsRequest, 'pageSize' | 'pageToken'>>;

export interface Submitted {
  readonly run: Run;
  readonly created: boolean;
  readonly warnings: readonly string[];
}

export class RunCalls {
  readonly #runs: RunClient;

  constructor(address: string, tls: TlsIdentity | undefined) {
    this.#runs = connect(RunClient, address, tls);
  }

  close(): void {
    this.#runs.close();
  }

  /** @param specification - YAML or JSON. */
  async submitRun(
    specification: string,
    options: {
      readonly runId?: string;
      readonly dryRun?: boolean;
      readonly askPaid?: boolean;
    } = {},
  ): Promise<Submitted> {
    const { runId = '', dryRun = false, askPaid = false } = options;
    const response = await call(
      this.#runs,
      this.#runs.submitRun,
      { specification, runId, dryRun, askPaid },
      { deadlineMs: LONG_CALL_MS },
    );
    return { ...response, run: present(response.run) };
  }

  async getRun(runId: string): Promise<Run> {
    return present((await call(this.#runs, this.#runs.getRun, { runId })).run);
  }

  /** All runs that match, the newest first. */
  async listRuns(request: RunsRequest = {}): Promise<Run[]> {
    return (await this.firstRuns(request, Number.POSITIVE_INFINITY)).runs;
  }

  /** As {@link listRuns}, but at most `limit`. @returns also the number of all matches. */
  async firstRuns(request: RunsRequest, limit: number): Promise<{ runs: Run[]; count: number }> {
    const runs: Run[] = [];
    let pageToken = '';
    for (;;) {
      const pageSize = Math.min(limit - runs.length, RUN_PAGE_MAX);
      const page = await this.pageOfRuns({ ...request, pageToken, pageSize });
      runs.push(...page.runs);
      pageToken = page.nextPageToken;
      if (pageToken !== '' && runs.length < limit) continue;
      return { runs, count: runsOfStates(page.counts, request.states) };
    }
  }

  pageOfRuns(request: Partial<ListRunsRequest>): Promise<ListRunsResponse> {
    return call(this.#runs, this.#runs.listRuns, ListRunsRequest.fromPartial(request));
  }

  async cancelRun(runId: string): Promise<Run> {
    return present((await call(this.#runs, this.#runs.cancelRun, { runId })).run);
  }

  async retryRun(runId: string): Promise<Run> {
    return present((await call(this.#runs, this.#runs.retryRun, { runId })).run);
  }

  async resumeRun(
    runId: string,
    { acceptNumerics = false }: { readonly acceptNumerics?: boolean } = {},
  ): Promise<Run> {
    const request = { runId, acceptNumerics };
    return present((await call(this.#runs, this.#runs.resumeRun, request)).run);
  }

  /** @param newRunId - default: the run's id with `-replay` behind it. */
  async replayRun(runId: string, newRunId = ''): Promise<Submitted> {
    const options = { deadlineMs: LONG_CALL_MS };
    const response = await call(this.#runs, this.#runs.replayRun, { runId, newRunId }, options);
    return { ...response, run: present(response.run) };
  }

  /** @returns the ids of the deleted runs: the run, and its own baseline if that was deleted with it. */
  async deleteRun(runId: string): Promise<string[]> {
    return (await call(this.#runs, this.#runs.deleteRun, { runId })).deletedRunIds;
  }

  /** The run now, and again after each change, until it ends. */
  watchRun(runId: string, options: WatchOptions = {}): AsyncGenerator<Run, void, undefined> {
    return watchRun(this.#runs, runId, options);
  }

  /**
   * Waits for the run's end.
   *
   * @returns the run at its end, whatever the outcome.
   */
  async waitForEnd(runId: string, options: WatchOptions = {}): Promise<Run> {
    let last: Run | undefined;
    for await (const run of this.watchRun(runId, options)) last = run;
    return present(last);
  }

  /** Recorded events, oldest first; then new ones while `follow`, until the run ends. */
  async *listEvents(
    runId: string,
    options: Cancellable & { readonly follow?: boolean } = {},
  ): AsyncGenerator<RunEvent, void, undefined> {
    const request = { runId, follow: options.follow === true };
    const { incoming } = openServerStream(() => this.#runs.listEvents(request), options);
    for await (const { event } of incoming) if (event !== undefined) yield event;
  }

  /** Lines of all programs' logs about a run, and the number of earlier lines that were dropped; see `ListLogs`. */
  listLogs(
    runId: string,
    { signal, ...request }: Cancellable & Partial<Omit<ListLogsRequest, 'runId'>> = {},
  ): AsyncIterable<ListLogsResponse> {
    const message = ListLogsRequest.fromPartial({ ...request, runId });
    const options = signal === undefined ? {} : { signal };
    return openServerStream(() => this.#runs.listLogs(message), options).incoming;
  }

  async getReport(runId: string): Promise<Report> {
    const { reportJson } = await call(this.#runs, this.#runs.getReport, { runId });
    const report: unknown = JSON.parse(reportJson);
    // Imported here, so that a command that reads no report starts without its schema.
    const { reportSchema } = await import('@lyceum/coordinator/documents');
    const { error } = reportSchema.safeParse(report);
    if (error !== undefined) {
      const { problemsOf } = await import('@lyceum/learning/documents');
      throw new InvalidDocumentError(`the report of run ${runId}`, problemsOf(error));
    }
    // Not the result of `parse`, which drops fields that only a newer coordinator knows.
    return report as Report;
  }

  /** Confusions, reliability and examples of a run that succeeded. They take a while for a large set. */
  async getFindings(runId: string): Promise<Findings> {
    const options = { deadlineMs: LONG_CALL_MS };
    const { findingsJson } = await call(this.#runs, this.#runs.getFindings, { runId }, options);
    return JSON.parse(findingsJson) as Findings;
  }

  /** The student's figures of its steps. */
  getHistory(request: GetHistoryRequest): Promise<GetHistoryResponse> {
    return call(this.#runs, this.#runs.getHistory, request);
  }

  /** The NPZ of test predictions. */
  getPredictions(runId: string, options: Cancellable = {}): Promise<Buffer> {
    return collect(openServerStream(() => this.#runs.getPredictions({ runId }), options).incoming);
  }
}
