/**
 * A client of the coordinator for other programs: runs, artifacts, workers, as promises and async iterables.
 *
 * Every error is a {@link LyceumError} with the status' code. If nobody answers, it is UNAVAILABLE with the address. A
 * watch goes on after a restart of the coordinator.
 */
import type { EnsembleTable } from '@lyceum/coordinator/documents';
import type { InferenceDescription } from '@lyceum/learning/specification';
import {
  AnswerClient,
  ArtifactClient,
  ClusterClient,
  call,
  connect,
  EnsembleClient,
  openServerStream,
  TargetClient,
  type TlsIdentity,
} from '@lyceum/platform';
import {
  type AnswerTable,
  type AnswerVerification,
  type Artifact,
  type ArtifactKind,
  type Garbage,
  type ListWorkersResponse,
  type Quarantine,
  StreamTargetsRequest,
  type TargetOutline,
  type Worker,
} from '@lyceum/proto';
import { type ArtifactContent, collect, pushArtifact } from './artifact-bytes.js';
import { coordinatorVersion } from './coordinator-version.js';
import { present } from './present.js';
import { RunCalls } from './run-calls.js';
import { streamTargets, type TargetPart, type TargetsRequest } from './target-stream.js';
import {
  type AnswerVerificationRequest,
  type EnsembleRequest,
  evaluateEnsemble,
  verifyAnswers,
} from './teacher-calls.js';
import {
  type Cancellable,
  LONG_CALL_MS,
  type TransferOptions,
  type WaitOptions,
  type WatchOptions,
} from './watching.js';

export class CoordinatorClient extends RunCalls {
  readonly address: string;
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
    super(address, tls);
    this.address = address;
    this.#artifacts = connect(ArtifactClient, address, tls);
    this.#answers = connect(AnswerClient, address, tls);
    this.#cluster = connect(ClusterClient, address, tls);
    this.#ensembles = connect(EnsembleClient, address, tls);
    this.#targets = connect(TargetClient, address, tls);
  }

  override close(): void {
    super.close();
    for (const client of [this.#artifacts, this.#answers, this.#cluster]) client.close();
    for (const client of [this.#ensembles, this.#targets]) client.close();
  }

  /**
   * The coordinator's version; a quick way to learn whether there is a coordinator.
   *
   * @throws {LyceumError} UNAVAILABLE if nobody answers: see {@link coordinatorVersion}.
   */
  version(options: Cancellable & { readonly patienceMs?: number } = {}): Promise<string> {
    return coordinatorVersion(this.#cluster, this.address, options);
  }

  pushArtifact(
    kind: ArtifactKind,
    name: string,
    content: ArtifactContent,
    options: TransferOptions = {},
  ): Promise<{ readonly artifact: Artifact; readonly created: boolean }> {
    return pushArtifact(this.#artifacts, { kind, name, content }, options);
  }

  /** Stores a model behind an inference server, as it is there now, under a name. @param settings - the known ones. */
  async pushInferenceModel(
    name: string,
    description: InferenceDescription,
    settings: object = {},
  ): Promise<{ readonly artifact: Artifact; readonly created: boolean }> {
    const descriptionJson = JSON.stringify(description);
    const request = { name, descriptionJson, settingsJson: JSON.stringify(settings) };
    const options = { deadlineMs: LONG_CALL_MS };
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

  /** @param id - from {@link listAnswerTables}. */
  async deleteAnswerTable(id: string): Promise<void> {
    await call(this.#answers, this.#answers.deleteAnswerTable, { id });
  }

  /**
   * Asks teachers again for some of the stored answers.
   *
   * @param onWaiting - called with the reason for waiting whenever that changes.
   */
  verifyAnswers(
    request: AnswerVerificationRequest,
    options: WaitOptions = {},
  ): AsyncGenerator<AnswerVerification, void, undefined> {
    return verifyAnswers(this.#answers, request, options);
  }

  /** @param onWaiting - called with the reason for waiting whenever that changes. */
  evaluateEnsemble(request: EnsembleRequest, options: WaitOptions = {}): Promise<EnsembleTable> {
    return evaluateEnsemble(this.#ensembles, request, options);
  }

  /** The kind and number of a run's targets. */
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

  /** @returns the artifacts that were deleted; with `dryRun`, those that would be. */
  async collectGarbage(options: {
    readonly dryRun: boolean;
    readonly graceSeconds: number;
  }): Promise<Garbage[]> {
    return (await call(this.#cluster, this.#cluster.collectGarbage, options)).garbage;
  }

  async listWorkers(): Promise<Worker[]> {
    return (await this.clusterWorkers()).workers;
  }

  /** Workers, quarantines, the desired number of teacher workers, and the coordinator's load, all at one moment. */
  clusterWorkers(): Promise<ListWorkersResponse> {
    return call(this.#cluster, this.#cluster.listWorkers, {});
  }

  /** Quarantines of all workers, connected or not. */
  async listQuarantines(): Promise<Quarantine[]> {
    return (await this.clusterWorkers()).quarantines;
  }

  /** @param teacher - its name or identity; empty: all. @returns what was released. */
  async releaseWorker(workerId: string, teacher = ''): Promise<Quarantine[]> {
    return (await call(this.#cluster, this.#cluster.releaseWorker, { workerId, teacher })).released;
  }
}
