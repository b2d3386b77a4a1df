/**
 * The store of a training's checkpoints and result, for a student worker. The coordinator receives and stores them,
 * and tells which checkpoints the run's pointer names. The worker itself only reads blobs.
 */
import { readFile } from 'node:fs/promises';
import type { HistoryPart } from '@lyceum/learning/history';
import {
  type ClientStreamCall,
  call,
  callMetadata,
  openClientStream,
  type SessionCredentials,
  type StudentClient,
  sessionHeaders,
} from '@lyceum/platform';
import {
  type CommitCheckpointRequest,
  type CommitCheckpointResponse,
  chunksOf,
  digestBytes,
  digestHex,
  LyceumError,
  type CheckpointReference as ReferenceMessage,
  StorageFullError,
  type StoreResultRequest,
  type StoreResultResponse,
  sha256Hex,
  toLyceumError,
} from '@lyceum/proto';
import { type AssignmentKey, coordinatorError } from '../session/index.js';

/** A checkpoint, by its content. */
export interface CheckpointReference {
  /** Number of steps taken. */
  readonly step: number;
  /** SHA-256, hex. */
  readonly digest: string;
}

/** The checkpoints that the run's pointer names. */
export interface RunCheckpoints {
  /** Undefined: there is none. */
  readonly newest: CheckpointReference | undefined;
  /** Used if the newest turns out to be corrupt. */
  readonly previous: CheckpointReference | undefined;
}

export interface CheckpointCommit {
  readonly checkpoint: CheckpointReference;
  readonly bytes: Uint8Array;
  /** History of the steps since the checkpoint before. */
  readonly history: HistoryPart;
  /** The checkpoint that the pointer names, as this worker last read it. */
  readonly named: CheckpointReference | undefined;
  /** The checkpoint that the pointer will name as the one before. */
  readonly previous: CheckpointReference | undefined;
}

/** Each call may be repeated if its answer is lost. ABORTED: the run belongs to another worker. */
export class CoordinatorStore {
  readonly #client: StudentClient;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #assignment: AssignmentKey;
  readonly #signal: AbortSignal;

  /** @param signal - aborts calls under way. */
  constructor(
    client: StudentClient,
    sessionCredentials: SessionCredentials,
    assignment: AssignmentKey,
    signal: AbortSignal,
  ) {
    this.#client = client;
    this.#headers = sessionHeaders(sessionCredentials);
    const { runId, assignmentEpoch } = assignment;
    this.#assignment = { runId, assignmentEpoch };
    this.#signal = signal;
  }

  /** @throws {LyceumError} ABORTED if the run has a newer owner; UNAVAILABLE if coordinator or NATS is away. */
  async checkpoints(): Promise<RunCheckpoints> {
    const client = this.#client;
    const options = { signal: this.#signal, headers: this.#headers };
    const { newest, previous } = await told(() =>
      call(client, client.getCheckpoints, this.#assignment, options),
    );
    return { newest: referenceOf(newest), previous: referenceOf(previous) };
  }

  /** @throws {LyceumError} ABORTED if the run has a newer owner; UNAVAILABLE; RESOURCE_EXHAUSTED if a disk is full. */
  async commit({ checkpoint, bytes, named, previous, history }: CheckpointCommit): Promise<void> {
    const header = {
      ...this.#assignment,
      checkpoint: messageOf(checkpoint),
      sizeBytes: bytes.length,
      named: named && messageOf(named),
      previous: previous && messageOf(previous),
      history,
    };
    await told(() => {
      const upload = openClientStream<CommitCheckpointRequest, CommitCheckpointResponse>(
        (done) => this.#client.commitCheckpoint(callMetadata(this.#headers), done),
        { signal: this.#signal },
      );
      return sent(upload, { part: { $case: 'header', header } }, bytes);
    });
  }

  /**
   * @param digest - the SHA-256 that the file had when it was written, hex.
   * @throws {LyceumError} RESOURCE_EXHAUSTED if the disk did not keep the file as it was, or the store is full;
   *   ABORTED, UNAVAILABLE as {@link commit}.
   */
  async storeResult(file: string, digest: string): Promise<void> {
    const bytes = await readFile(file);
    const found = sha256Hex(bytes);
    if (found !== digest) {
      throw new LyceumError(
        'RESOURCE_EXHAUSTED',
        `${file} changed on disk: ${found}, was ${digest}`,
      );
    }
    const header = { ...this.#assignment, digest: digestBytes(digest), sizeBytes: bytes.length };
    await told(() => {
      const upload = openClientStream<StoreResultRequest, StoreResultResponse>(
        (done) => this.#client.storeResult(callMetadata(this.#headers), done),
        { signal: this.#signal },
      );
      return sent(upload, { part: { $case: 'header', header } }, bytes);
    });
  }
}

type Chunk = { part: { $case: 'chunk'; chunk: Buffer } };

async function sent<Req, Res>(
  upload: ClientStreamCall<Req | Chunk, Res>,
  header: Req,
  bytes: Uint8Array,
): Promise<Res> {
  await upload.send(header);
  for (const chunk of chunksOf(bytes)) await upload.send({ part: { $case: 'chunk', chunk } });
  upload.end();
  return upload.response;
}

/** Calls the coordinator. Errors are thrown with the code that they have for a training. */
async function told<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    const err = coordinatorError(toLyceumError(thrown));
    // Only the coordinator's disk and NATS can run out of room in these calls.
    if (err.code === 'RESOURCE_EXHAUSTED') throw new StorageFullError(err.message, { cause: err });
    throw err;
  }
}

function referenceOf(message: ReferenceMessage | undefined): CheckpointReference | undefined {
  return message && { step: message.step, digest: digestHex(message.digest) };
}

function messageOf({ step, digest }: CheckpointReference): ReferenceMessage {
  return { step, digest: digestBytes(digest) };
}
