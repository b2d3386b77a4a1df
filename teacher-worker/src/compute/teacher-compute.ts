/**
 * The worker's handle on its threads with teachers: those that compute share one, those that somebody else runs
 * another, which is started when the first of them is loaded.
 */
import { Worker } from 'node:worker_threads';
import { isRemoteEngine } from '@lyceum/learning/formats';
import type { Logger } from '@lyceum/platform';
import { Thread } from '@lyceum/platform/threads';
import { OutsideFailure } from './engine/index.js';
import type {
  AnswerRequest,
  ComputeCalls,
  ComputeDevice,
  ComputeSettings,
  InferRequest,
  LoadRequest,
  PrepareRequest,
  RemoteSettings,
  TeacherCalls,
  TeacherNews,
} from './teacher-calls.js';

export class TeacherCompute implements TeacherCalls {
  readonly device: ComputeDevice;
  /** Resolves with the reason if a thread dies by itself; the worker cannot go on without it. */
  readonly died: Promise<Error>;
  readonly #local: Thread<TeacherCalls>;
  readonly #startRemote: () => Thread<TeacherCalls>;
  #remote: Thread<TeacherCalls> | undefined;
  readonly #remoteTeachers = new Set<string>();
  #die: (reason: Error) => void = () => {};

  /**
   * Starts the thread that computes and waits until its engine is open. `TF_…` variables must be set before.
   *
   * @throws {ThreadDeathError} if the thread does not come up.
   */
  static async start(
    settings: ComputeSettings,
    remote: RemoteSettings,
    log: Logger,
  ): Promise<TeacherCompute> {
    const untraced = (teacherIdentity: string, reason: string) =>
      log.info({ teacherIdentity, reason }, 'no graph: runs operation by operation');
    const local = threadOf<ComputeCalls>('compute-thread', settings, {
      untraced,
      onProcessor: (teacherIdentity, reason) =>
        log.warn({ teacherIdentity, reason }, 'the processor computes a teacher'),
    });
    const { device, warnings } = await local.call('opened');
    for (const reason of warnings) log.warn({ reason }, 'engine is slow');
    return new TeacherCompute(device, local, () => threadOf('remote-thread', remote));
  }

  private constructor(
    device: ComputeDevice,
    local: Thread<TeacherCalls>,
    startRemote: () => Thread<TeacherCalls>,
  ) {
    this.device = device;
    this.#local = local;
    this.#startRemote = startRemote;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
    void local.died.then(this.#die);
  }

  load(request: LoadRequest) {
    const { identity, engine } = request;
    if (isRemoteEngine(engine)) this.#remoteTeachers.add(identity);
    return this.#threadWith(identity).call('load', request);
  }

  prepare(request: PrepareRequest) {
    return this.#threadWith(request.identity).call('prepare', request);
  }

  answer(request: AnswerRequest) {
    return this.#threadWith(request.identity).call('answer', request);
  }

  forget(identity: string) {
    return this.#threadWith(identity).call('forget', identity);
  }

  infer(request: InferRequest) {
    return this.#threadWith(request.identity).call('infer', request);
  }

  unload(identity: string) {
    const thread = this.#threadWith(identity);
    this.#remoteTeachers.delete(identity);
    return thread.call('unload', identity);
  }

  async keepDatasets(digests: readonly string[]) {
    await this.#remote?.call('keepDatasets', digests);
    await this.#local.call('keepDatasets', digests);
  }

  /** Ends the threads, whatever they do. */
  async stop(): Promise<void> {
    await Promise.all([this.#local.close(), this.#remote?.close()]);
  }

  #threadWith(identity: string): Thread<TeacherCalls> {
    if (!this.#remoteTeachers.has(identity)) return this.#local;
    if (this.#remote === undefined) {
      this.#remote = this.#startRemote();
      void this.#remote.died.then(this.#die);
    }
    return this.#remote;
  }
}

function threadOf<Calls extends TeacherCalls>(
  entry: 'compute-thread' | 'remote-thread',
  workerData: ComputeSettings | RemoteSettings,
  here: TeacherNews | Record<string, never> = {},
): Thread<Calls> {
  const worker = new Worker(new URL(`./${entry}.js`, import.meta.url), { workerData });
  return new Thread(worker, { name: 'a thread with teachers', here, kinds: [OutsideFailure] });
}
