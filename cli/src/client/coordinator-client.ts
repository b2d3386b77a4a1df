/**
 * A coordinator as a program's caller sees it: runs, artifacts, workers, as promises and async iterables.
 *
 * Every error is a {@link LyceumError} with the status' code. Nobody answering is UNAVAILABLE with the
 * address; a watch that had begun outlives a restart of the coordinator.
 */
import {
  type EnsembleTable,
  type Findings,
  type Report,
  reportSchema,
} from '@lyceum/coordinator/documents';
import type { InferenceDescription } from '@lyceum/learning/specification';
import {
  AnswerClient,
  ArtifactClient,
  ClusterClient,
  call,
  connect,
  EnsembleClient,
  openServerStream,
  RunClient,
  TargetClient,
  type TlsIdentity,
} from '@lyceum/platform';
import {
  type AnswerTable,
  type AnswerVerification,
  type Artifact,
  type ArtifactKind,
  type Garbage,
  type GetHistoryRequest,
  type GetHistoryResponse,
  ListLogsRequest,
  type ListLogsResponse,
  ListRunsRequest,
  type ListRunsResponse,
  type ListWorkersResponse,
  type Quarantine,
  type Run,
  type RunEvent,
  StreamTargetsRequest,
  type TargetOutline,
  type Worker,
} from '@lyceum/proto';
import { type ArtifactContent, collect, pushArtifact } from './artifact-bytes.js';
import { coordinatorVersion } from './coordinator-version.js';
import { type EnsembleRequest, evaluateEnsemble } from './evaluate-ensemble.js';
import { present } from './present.js';
import { runsOfStates } from './run-states.js';
import { streamTargets, type TargetPart, type TargetsRequest } from './target-stream.js';
import { type AnswerVerificationRequest, verifyAnswers } from './verify-answers.js';
import { watchRun } from './watch-run.js';
import type { Cancellable, TransferOptions, WaitOptions, WatchOptions } from './watching.js';

/** A push or pull is bounded by its stream, not by the deadline of small calls. */
const SUBMIT_DEADLINE_MS = 120_000;

/** Of one page, as the coordinator bounds it. */
const RUN_PAGE_MAX = 500;

/** Which runs, and whether without their specifications. */
export type RunsRequest = Partial<Omit<ListRunsRequest, 'pageSize' | 'pageToken'>>;

export interface Submitted {
  readonly run: Run;
  readonly created: boolean;
  readonly warnings: readonly string[];
}

export class CoordinatorClient {
  readonly address: string;
  readonly #runs: RunClient;
  readonly #artifacts: ArtifactClient;
  readonly #answers: AnswerClient;
  readonly #cluster: ClusterClient;
  readonly #ensembles: EnsembleClient;
  readonly #targets: TargetClient;

  /**
   * @param address - `HOST:PORT`. Connects at the first call.
   * @param tls - undefined: without TLS.
   */
  constructor(address: string, tls?: TlsIdentity) {
    this.address = address;
    this.#runs = connect(RunClient, address, tls);
    this.#artifacts = connect(ArtifactClient, address, tls);
    this.#answers = connect(AnswerClient, address, tls);
    this.#cluster = connect(ClusterClient, address, tls);
    this.#ensembles = connect(EnsembleClient, address, tls);
    this.#targets = connect(TargetClient, address, tls);
  }

  close(): void {
    for (const client of [this.#runs, this.#artifacts, this.#answers]) client.close();
    for (const client of [this.#cluster, this.#ensembles, this.#targets]) client.close();
  }

  /**
   * The coordinator's version; the way to learn soon whether there is one.
   *
   * @throws {LyceumError} UNAVAILABLE if nobody answers: see {@link coordinatorVersion}.
   */
  version(options: Cancellable & { readonly patienceMs?: number } = {}): Promise<string> {
    return coordinatorVersion(this.#cluster, this.address, options);
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
      { deadlineMs: SUBMIT_DEADLINE_MS },
    );
    return { ...response, run: present(response.run) };
  }

  async getRun(runId: string): Promise<Run> {
    return present((await call(this.#runs, this.#runs.getRun, { runId })).run);
  }

  /** All runs that fit, those submitted last first. */
  async listRuns(request: RunsRequest = {}): Promise<Run[]> {
    return (await this.firstRuns(request, Number.POSITIVE_INFINITY)).runs;
  }

  /** As {@link listRuns}, and at most `limit`. @returns also how many there are. */
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

  /** @param newRunId - default: the run's, with `-replay` behind it. */
  async replayRun(runId: string, newRunId = ''): Promise<Submitted> {
    const options = { deadlineMs: SUBMIT_DEADLINE_MS };
    const response = await call(this.#runs, this.#runs.replayRun, { runId, newRunId }, options);
    return { ...response, run: present(response.run) };
  }

  /** @returns the ids of the run, and of its own baseline if that went with it. */
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
   * @returns the run as it ended, however that was.
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

  /** Lines of all programs' logs about a run, and how many before them are gone; see `ListLogs`. */
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
    reportSchema.parse(report);
    // Not what `parse` gives, which lacks the fields that only a newer coordinator knows.
    return report as Report;
  }

  /** Confusions, reliability and examples of a run that succeeded; of a large set they take a while. */
  async getFindings(runId: string): Promise<Findings> {
    const options = { deadlineMs: SUBMIT_DEADLINE_MS };
    const { findingsJson } = await call(this.#runs, this.#runs.getFindings, { runId }, options);
    return JSON.parse(findingsJson) as Findings;
  }

  /** What the student told of its steps. */
  getHistory(request: GetHistoryRequest): Promise<GetHistoryResponse> {
    return call(this.#runs, this.#runs.getHistory, request);
  }

  /** The NPZ of test predictions. */
  getPredictions(runId: string, options: Cancellable = {}): Promise<Buffer> {
    return collect(openServerStream(() => this.#runs.getPredictions({ runId }), options).incoming);
  }

  pushArtifact(
    kind: ArtifactKind,
    name: string,
    content: ArtifactContent,
    options: TransferOptions = {},
  ): Promise<{ readonly artifact: Artifact; readonly created: boolean }> {
    return pushArtifact(this.#artifacts, { kind, name, content }, options);
  }

  /** Stores a model behind an inference server under a name, as the server has it now. @param settings - those that are known. */
  async pushInferenceModel(
    name: string,
    description: InferenceDescription,
    settings: object = {},
  ): Promise<{ readonly artifact: Artifact; readonly created: boolean }> {
    const descriptionJson = JSON.stringify(description);
    const request = { name, descriptionJson, settingsJson: JSON.stringify(settings) };
    const options = { deadlineMs: SUBMIT_DEADLINE_MS };
    const artifacts = this.#artifacts;
    const response = await call(artifacts, artifacts.pushInferenceModel, request, options);
    return { ...response, artifact: present(response.artifact) };
  }

  /** @param name - a pushed name, or `run:ID` for a run's student or its data set. */
  async pullArtifact(
    kind: ArtifactKind,
    name: string,
    options: TransferOptions = {},
  ): Promise<Buffer> {
    const named = options.onProgress === undefined ? [] : await this.listArtifacts(kind);
    const total = named.find((artifact) => artifact.name === name)?.sizeBytes;
    const pull = openServerStream(() => this.#artifacts.pullArtifact({ kind, name }), options);
    return collect(pull.incoming, options, total);
  }

  async listArtifacts(kind: ArtifactKind): Promise<Artifact[]> {
    return (await call(this.#artifacts, this.#artifacts.listArtifacts, { kind })).artifacts;
  }

  async deleteArtifact(kind: ArtifactKind, name: string): Promise<void> {
    await call(this.#artifacts, this.#artifacts.deleteArtifact, { kind, name });
  }

  async listAnswerTables(): Promise<AnswerTable[]> {
    return (await call(this.#answers, this.#answers.listAnswerTables, {})).tables;
  }

  /** @param id - as {@link listAnswerTables} gives it. */
  async deleteAnswerTable(id: string): Promise<void> {
    await call(this.#answers, this.#answers.deleteAnswerTable, { id });
  }

  /**
   * Asks teachers again for some of what is stored.
   *
   * @param onWaiting - told why nothing comes, whenever that changes.
   */
  verifyAnswers(
    request: AnswerVerificationRequest,
    options: WaitOptions = {},
  ): AsyncGenerator<AnswerVerification, void, undefined> {
    return verifyAnswers(this.#answers, request, options);
  }

  /** @param onWaiting - told why there is no table yet, whenever that changes. */
  evaluateEnsemble(request: EnsembleRequest, options: WaitOptions = {}): Promise<EnsembleTable> {
    return evaluateEnsemble(this.#ensembles, request, options);
  }

  /** What a run's targets are, and how many there are. */
  async targetOutline(request: TargetsRequest): Promise<TargetOutline> {
    const message = { stream: StreamTargetsRequest.fromPartial(request) };
    return present((await call(this.#targets, this.#targets.getTargetOutline, message)).outline);
  }

  /** A run's targets, batch by batch: see {@link streamTargets}. */
  streamTargets(
    request: TargetsRequest,
    options: WatchOptions = {},
  ): AsyncGenerator<TargetPart, void, undefined> {
    return streamTargets(this.#targets, request, options);
  }

  /** @returns what was deleted; with `dryRun`, what would be. */
  async collectGarbage(options: {
    readonly dryRun: boolean;
    readonly graceSeconds: number;
  }): Promise<Garbage[]> {
    return (await call(this.#cluster, this.#cluster.collectGarbage, options)).garbage;
  }

  async listWorkers(): Promise<Worker[]> {
    return (await this.clusterWorkers()).workers;
  }

  /** Workers, quarantines, and how many teacher workers are desired, of one moment. */
  clusterWorkers(): Promise<ListWorkersResponse> {
    return call(this.#cluster, this.#cluster.listWorkers, {});
  }

  /** Of all workers, connected or not. */
  async listQuarantines(): Promise<Quarantine[]> {
    return (await this.clusterWorkers()).quarantines;
  }

  /** @param teacher - its name or identity; empty: all. @returns what was released. */
  async releaseWorker(workerId: string, teacher = ''): Promise<Quarantine[]> {
    return (await call(this.#cluster, this.#cluster.releaseWorker, { workerId, teacher })).released;
  }

  /** Teacher workers with which no student would wait; 0: no teacher is wanted. */
  async desiredTeacherWorkers(): Promise<number> {
    return (await this.clusterWorkers()).desiredTeacherWorkers;
  }
}
