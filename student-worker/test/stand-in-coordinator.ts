/**
 * The coordinator's side of a student worker, over real gRPC and with real stores, as simple as the contract allows:
 * it does what a test says and records what the worker did.
 */
import { clientStream, createLogger, duplex, RpcServer, SERVICES, unary } from '@lyceum/platform';
import type { BlobStore, KeyValue } from '@lyceum/platform/nats';
import {
  type AssignedRun,
  type CheckpointReference,
  type CommitCheckpointRequest,
  digestBytes,
  digestHex,
  type HistoryPart,
  LyceumError,
  type StoreResultRequest,
  type StudentAssignment,
  type StudentReport,
  type StudentState,
  type TargetFrame,
  type TargetRequest,
  type TrainingDone,
  type TrainingFailed,
} from '@lyceum/proto';

const log = createLogger({ name: 'coordinator', level: 'silent' });

export class StandInCoordinator {
  /** Targets of this step and later ones are held back. */
  holdAtStep = Number.POSITIVE_INFINITY;
  frames: (step: number) => TargetFrame[] = () => [];
  stepCount = 0;
  readonly reports: StudentReport[] = [];
  /** The first request of each target stream. */
  readonly opened: TargetRequest[] = [];
  /** Steps of the committed checkpoints. */
  readonly committed: number[] = [];
  /** The parts of the history that came with them. */
  readonly histories: HistoryPart[] = [];
  sessionCount = 0;
  /** Greatest progress that a worker reported on the target stream. */
  doneStep = 0;
  address = '127.0.0.1:0';
  readonly #blobs: BlobStore;
  readonly #pointers: KeyValue;
  #server: RpcServer | undefined;
  #assignment: StudentAssignment = { revision: 0, run: undefined };
  #sessions = new Set<(assignment: StudentAssignment) => Promise<void>>();

  constructor(blobs: BlobStore, pointers: KeyValue) {
    this.#blobs = blobs;
    this.#pointers = pointers;
  }

  async start(): Promise<void> {
    this.#server = await RpcServer.start({
      address: this.address,
      insecure: false,
      log,
      services: [[SERVICES.student, this.#service()]],
    });
    this.address = this.#server.address;
  }

  /** Ends as a kill would: calls in progress break. */
  async stop(): Promise<void> {
    await this.#server?.stop(0);
    this.#server = undefined;
  }

  assign(run: AssignedRun | undefined): void {
    this.#assignment = { revision: this.#assignment.revision + 1, run };
    for (const send of this.#sessions) send(this.#assignment).catch(() => undefined);
  }

  get state(): StudentState | undefined {
    return this.#last((report) => (report?.$case === 'state' ? report.state : undefined));
  }

  get done(): TrainingDone | undefined {
    return this.#last((report) => (report?.$case === 'done' ? report.done : undefined));
  }

  get failed(): TrainingFailed | undefined {
    return this.#last((report) => (report?.$case === 'failed' ? report.failed : undefined));
  }

  count(kind: 'hello' | 'done'): number {
    return this.reports.filter(({ report }) => report?.$case === kind).length;
  }

  #last<T>(pick: (report: StudentReport['report']) => T | undefined): T | undefined {
    return this.reports.map(({ report }) => pick(report)).findLast((found) => found !== undefined);
  }

  #service() {
    return {
      session: duplex<StudentReport, StudentAssignment>(log, async (requests, send) => {
        this.sessionCount += 1;
        this.#sessions.add(send);
        try {
          await send(this.#assignment);
          for await (const report of requests) this.reports.push(report);
        } finally {
          this.#sessions.delete(send);
        }
      }),
      receiveTargets: duplex<TargetRequest, TargetFrame>(log, (requests, send) =>
        this.#sendTargets(requests, send),
      ),
      getCheckpoints: unary<{ runId: string; assignmentEpoch: number }, object>(
        log,
        async ({ runId, assignmentEpoch }) => {
          const { step, digest, previous } = (await this.#pointer(runId, assignmentEpoch)).pointer;
          return {
            newest: digest === undefined ? undefined : messageOf({ step, digest }),
            previous: previous && messageOf(previous),
          };
        },
      ),
      commitCheckpoint: clientStream<CommitCheckpointRequest, object>(log, async (requests) => {
        const { header, bytes } = await received(requests);
        const { runId, assignmentEpoch, checkpoint, previous } = header;
        this.#check(assignmentEpoch);
        await this.#blobs.put(bytes);
        const { pointer, revision } = await this.#pointer(runId, assignmentEpoch);
        const { previous: _dropped, ...rest } = pointer;
        const next = {
          ...rest,
          ...referenceOf(checkpoint),
          ...(previous && { previous: referenceOf(previous) }),
        };
        await this.#pointers.update(runId, JSON.stringify(next), revision);
        this.committed.push(checkpoint?.step ?? 0);
        if (header.history !== undefined) this.histories.push(header.history);
        return {};
      }),
      storeResult: clientStream<StoreResultRequest, object>(log, async (requests) => {
        const { header, bytes } = await received(requests);
        this.#check(header.assignmentEpoch);
        await this.#blobs.put(bytes);
        return {};
      }),
    };
  }

  async #sendTargets(
    requests: AsyncIterable<TargetRequest>,
    send: (frame: TargetFrame) => Promise<void>,
  ): Promise<void> {
    let over = false;
    let credit = 0;
    let next: number | undefined;
    const sending = async (): Promise<void> => {
      while (!over) {
        const end = Math.min(credit, this.holdAtStep, this.stepCount);
        if (next === undefined || next >= end) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          continue;
        }
        for (const frame of this.frames(next)) await send(frame);
        next += 1;
      }
    };
    const sent = sending();
    sent.catch(() => undefined);
    try {
      for await (const request of requests) {
        this.#check(request.assignmentEpoch);
        if (next === undefined) {
          await send({ epoch: 0, firstPosition: 0, tensors: [], figures: [] });
          this.opened.push(request);
        }
        next ??= request.firstStep;
        credit = request.creditStep;
        this.doneStep = Math.max(this.doneStep, request.doneStep);
      }
    } finally {
      over = true;
    }
    await sent;
  }

  async #pointer(runId: string, assignmentEpoch: number) {
    const found = await this.#pointers.get(runId);
    const pointer = JSON.parse(found?.value ?? '{}') as CheckpointPointer;
    if (pointer.assignmentEpoch !== assignmentEpoch) {
      throw new LyceumError('ABORTED', `the pointer is at assignment ${pointer.assignmentEpoch}`);
    }
    return { pointer, revision: found?.revision ?? 0 };
  }

  #check(assignmentEpoch: number): void {
    if (assignmentEpoch === this.#assignment.run?.assignmentEpoch) return;
    throw new LyceumError('ABORTED', `assignment ${assignmentEpoch} is not the current one`);
  }
}

/** The parts of a run's checkpoint pointer that tests read. */
export interface CheckpointPointer {
  readonly assignmentEpoch: number;
  readonly step: number;
  readonly digest?: string;
  readonly previous?: { readonly step: number; readonly digest: string };
}

interface Part<Header> {
  readonly part?:
    | { readonly $case: 'header'; readonly header: Header }
    | { readonly $case: 'chunk'; readonly chunk: Buffer }
    | undefined;
}

async function received<Header>(
  parts: AsyncIterable<Part<Header>>,
): Promise<{ header: Header; bytes: Buffer }> {
  const headers: Header[] = [];
  const chunks: Buffer[] = [];
  for await (const { part } of parts) {
    if (part?.$case === 'header') headers.push(part.header);
    else if (part !== undefined) chunks.push(part.chunk);
  }
  const [header] = headers;
  if (header === undefined) throw new LyceumError('INVALID_ARGUMENT', 'no header');
  return { header, bytes: Buffer.concat(chunks) };
}

function messageOf({ step, digest }: { step: number; digest: string }): CheckpointReference {
  return { step, digest: digestBytes(digest) };
}

function referenceOf(message: CheckpointReference | undefined) {
  return message && { step: message.step, digest: digestHex(message.digest) };
}
