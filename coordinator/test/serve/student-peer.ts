/** A student worker as the coordinator sees it: session, targets, reports. It trains nothing. */
import {
  callMetadata,
  type DuplexCall,
  newSessionKey,
  openClientStream,
  openDuplex,
  type SessionCredentials,
  sessionHeaders,
} from '@lyceum/platform';
import {
  type AssignedRun,
  CHUNK_BYTES,
  type CheckpointReference,
  type CommitCheckpointRequest,
  type CommitCheckpointResponse,
  digestBytes,
  float32Values,
  type StudentAssignment,
  type StudentHello,
  type StudentReport,
  sha256Hex,
  type TargetFrame,
  type TargetRequest,
} from '@lyceum/proto';
import { eventually, type TestCoordinator } from './test-coordinator.js';
import { BATCH_SIZE } from './tiny-artifacts.js';

export interface ReceivedRow {
  readonly epoch: number;
  readonly position: number;
  readonly values: number[];
}

export interface PeerCommit {
  readonly step: number;
  readonly bytes: Buffer;
  /** Default: the digest of the bytes. */
  readonly digest?: string;
  /** Default: the peer's assignment. */
  readonly assignment?: { readonly runId: string; readonly assignmentEpoch: number };
  readonly named?: CheckpointReference;
  /** Default: `named`. */
  readonly previous?: CheckpointReference;
}

/** A checkpoint as messages name it. */
export function referenceTo(step: number, bytes: Buffer): CheckpointReference {
  return { step, digest: digestBytes(sha256Hex(bytes)) };
}

/** Commits a checkpoint with the session of the headers. */
export async function commitAs(
  { clients: { student } }: TestCoordinator,
  headers: Readonly<Record<string, string>>,
  { step, bytes, digest = sha256Hex(bytes), assignment, named, previous = named }: PeerCommit,
): Promise<void> {
  const upload = openClientStream<CommitCheckpointRequest, CommitCheckpointResponse>((done) =>
    student.commitCheckpoint(callMetadata(headers), done),
  );
  const checkpoint = { step, digest: digestBytes(digest) };
  const header = { runId: '', assignmentEpoch: 0, ...assignment };
  const sizeBytes = bytes.length;
  const part = { ...header, checkpoint, sizeBytes, named, previous, history: undefined };
  await upload.send({ part: { $case: 'header', header: part } });
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES);
    await upload.send({ part: { $case: 'chunk', chunk } });
  }
  upload.end();
  await upload.response;
}

export class StudentPeer {
  /** All received rows of targets, in order of arrival. */
  readonly rows: ReceivedRow[] = [];
  run: AssignedRun | undefined;
  /** Revision of the last assignment; 0: none came. */
  revision = 0;
  /** Two peers with the same credentials are the same process. */
  readonly credentials: SessionCredentials;
  /** How the last session ended; undefined: it is open. */
  sessionEnd: unknown;
  /** How the last stream of targets ended. */
  targetsEnd: unknown;
  /** First step of the last stream of targets, and the count of rows before it. */
  #stream = { firstStep: 0, earlierRowCount: 0 };
  readonly #cluster: TestCoordinator;
  /** Changes to its hello. */
  readonly #hello: Partial<StudentHello>;
  #session: DuplexCall<StudentReport, StudentAssignment>;
  #targets: DuplexCall<TargetRequest, TargetFrame> | undefined;

  constructor(
    cluster: TestCoordinator,
    workerId: string,
    credentials: SessionCredentials = { workerId, sessionKey: newSessionKey() },
    hello: Partial<StudentHello> = {},
  ) {
    this.#cluster = cluster;
    this.credentials = credentials;
    this.#hello = hello;
    this.#session = this.connect();
  }

  /** Opens a session; the coordinator ends an earlier one. */
  connect(): DuplexCall<StudentReport, StudentAssignment> {
    this.#session = openDuplex(() => this.#cluster.clients.student.session());
    void this.#follow(this.#session);
    return this.#session;
  }

  /** The step after the last step whose targets are complete on the last stream. */
  get step(): number {
    const { firstStep, earlierRowCount } = this.#stream;
    return firstStep + Math.floor((this.rows.length - earlierRowCount) / BATCH_SIZE);
  }

  kill(): void {
    this.#session.cancel();
    this.#targets?.cancel();
  }

  /** Asks for all targets from `firstStep` on. */
  async receive(firstStep: number, creditStep: number): Promise<void> {
    const metadata = callMetadata(sessionHeaders(this.credentials));
    const targets = openDuplex(() => this.#cluster.clients.student.receiveTargets(metadata));
    this.#targets = targets;
    this.#stream = { firstStep, earlierRowCount: this.rows.length };
    void this.#collect(targets);
    await this.credit(creditStep, firstStep);
  }

  async credit(creditStep: number, doneStep: number): Promise<void> {
    const { runId = '', assignmentEpoch = 0 } = this.run ?? {};
    const { firstStep } = this.#stream;
    await this.#targets?.send({ runId, assignmentEpoch, firstStep, creditStep, doneStep });
  }

  commit(commit: PeerCommit): Promise<void> {
    const { runId = '', assignmentEpoch = 0 } = this.run ?? {};
    const assignment = { runId, assignmentEpoch };
    const headers = sessionHeaders(this.credentials);
    return commitAs(this.#cluster, headers, { assignment, ...commit });
  }

  async send(report: NonNullable<StudentReport['report']>): Promise<void> {
    await this.#session.send({ report });
  }

  async #follow(session: DuplexCall<StudentReport, StudentAssignment>): Promise<void> {
    const device = { engine: 'native', engineVersion: '1', computeThreads: 1, device: 'cpu' };
    const hello = { ...this.credentials, version: '1', device, ...this.#hello };
    try {
      await session.send({ report: { $case: 'hello', hello } });
      for await (const { run, revision } of session.incoming) {
        this.run = run;
        this.revision = revision;
        const { runId = '', assignmentEpoch = 0 } = run ?? {};
        const state = { revision, runId, assignmentEpoch };
        await session.send({ report: { $case: 'state', state } });
      }
      this.sessionEnd = 'ended';
    } catch (err) {
      // Killed, ended with the coordinator, or refused.
      this.sessionEnd = err;
    }
  }

  async #collect(targets: DuplexCall<TargetRequest, TargetFrame>): Promise<void> {
    try {
      for await (const { epoch, firstPosition, tensors } of targets.incoming) {
        const [tensor] = tensors;
        // The first frame says that targets are being made.
        if (tensor === undefined) continue;
        const values = float32Values(tensor);
        const [rowCount = 0, width = 0] = tensor.shape;
        for (let row = 0; row < rowCount; row++) {
          const position = firstPosition + row;
          this.rows.push({
            epoch,
            position,
            values: [...values.subarray(row * width, (row + 1) * width)],
          });
        }
      }
      this.targetsEnd = 'ended';
    } catch (err) {
      this.targetsEnd = err;
    }
  }
}

/** Credits as a student does until all targets before `toStep` have come; all received steps count as done. */
export async function drain(peer: StudentPeer, toStep: number): Promise<void> {
  for (let done = peer.step; done < toStep; ) {
    await peer.credit(Math.min(done + 40, toStep), done);
    done = await eventually(
      () => (peer.step > done ? peer.step : undefined),
      () => ({ done, told: peer.run, targetsEnd: String(peer.targetsEnd) }),
    );
  }
}
