/**
 * The worker's handle on its threads with teachers. Teachers that compute here share one thread; those that other
 * programs run share another, which is started when the first of them is loaded.
 */
import { Worker } from 'node:worker_threads';
import { isRemoteEngine } from '@lyceum/learning/formats';
import { type Logger, lostGpu } from '@lyceum/platform';
import { Thread } from '@lyceum/platform/threads';
import { asking, type CallLimits, CallWatch, OPENING } from './call-watch.js';
import { excuseCall } from './ended-calls.js';
import { OutsideFailure } from './engine/index.js';
import type {
  AnswerRequest,
  ComputeCalls,
  ComputeDevice,
  ComputeSettings,
  EndedAt,
  InferRequest,
  LoadRequest,
  PrepareRequest,
  RemoteSettings,
  TeacherCalls,
  TeacherNews,
} from './teacher-calls.js';

/** How often the thread's present call is checked. */
const LOOK_MS = 5_000;

const ENDED_BEFORE: Readonly<Record<EndedAt['kind'], string>> = {
  load: 'the process before this one ended while it opened a teacher',
  answer: 'the process before this one ended while a teacher computed',
};

export class TeacherCompute implements TeacherCalls {
  readonly device: ComputeDevice;
  /** Resolves with the reason if a thread dies by itself; the worker cannot go on without it. */
  readonly died: Promise<Error>;
  readonly #local: Thread<TeacherCalls>;
  readonly #startRemote: () => Thread<TeacherCalls>;
  /** Folder in which the thread notes its calls. */
  readonly #notedFolder: string | undefined;
  #hasLocalDied = false;
  readonly #watch: CallWatch;
  readonly #look: NodeJS.Timeout;
  #remote: Thread<TeacherCalls> | undefined;
  readonly #remoteTeachers = new Set<string>();
  /** Milliseconds of one sample, by teacher, as measured when it was opened. */
  readonly #sampleMs = new Map<string, number>();
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
        log.warn({ teacherIdentity, reason }, 'a teacher runs on the processor'),
      unnoted: (reason) => log.warn({ reason }, "teachers' calls cannot be noted on disk"),
      endedBefore: ({ identity: teacherIdentity, kind, count, limit }) =>
        log.warn({ teacherIdentity, count, limit }, ENDED_BEFORE[kind]),
    });
    const { device, warnings } = await local.call('opened');
    for (const reason of warnings) log.warn({ reason }, 'engine is slow');
    const startRemote = () => threadOf<TeacherCalls>('remote-thread', remote);
    return new TeacherCompute(device, local, startRemote, settings.noted?.folder, log);
  }

  private constructor(
    device: ComputeDevice,
    local: Thread<TeacherCalls>,
    startRemote: () => Thread<TeacherCalls>,
    notedFolder: string | undefined,
    log: Logger,
  ) {
    this.device = device;
    this.#local = local;
    this.#startRemote = startRemote;
    this.#notedFolder = notedFolder;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
    void local.died.then((reason) => {
      this.#hasLocalDied = true;
      this.#die(reason);
    });
    this.#watch = new CallWatch({
      nowMs: () => performance.now(),
      slow: (teacherIdentity, seconds) =>
        log.warn({ teacherIdentity, seconds }, 'a teacher has computed for long, and others wait'),
      // A normal exit would wait for the thread, which does not end.
      hung: (err) => {
        log.fatal({ err }, 'a teacher does not finish: the worker stops');
        process.kill(process.pid, 'SIGKILL');
      },
    });
    this.#look = setInterval(() => this.#watch.look(), LOOK_MS).unref();
  }

  /** Sets the teachers that runs want. Calls of other teachers have limited time. */
  follow(identities: ReadonlySet<string>): void {
    this.#watch.follow(identities);
  }

  async load(request: LoadRequest) {
    const { identity, engine } = request;
    if (isRemoteEngine(engine)) this.#remoteTeachers.add(identity);
    const opened = await this.#watched(identity, OPENING, (thread) => thread.call('load', request));
    this.#sampleMs.set(identity, opened.latencyBatch1Ms);
    return opened;
  }

  prepare(request: PrepareRequest) {
    return this.#watched(request.identity, OPENING, (thread) => thread.call('prepare', request));
  }

  answer(request: AnswerRequest) {
    const { identity, span } = request;
    const limits = asking(span.positionCount, this.#sampleMs.get(identity) ?? 0);
    return this.#watched(identity, limits, (thread) => thread.call('answer', request));
  }

  forget(identity: string) {
    return this.#threadWith(identity).call('forget', identity);
  }

  infer(request: InferRequest) {
    const { identity, rowCount } = request;
    const limits = asking(rowCount, this.#sampleMs.get(identity) ?? 0);
    return this.#watched(identity, limits, (thread) => thread.call('infer', request));
  }

  unload(identity: string) {
    const thread = this.#threadWith(identity);
    this.#remoteTeachers.delete(identity);
    this.#sampleMs.delete(identity);
    return thread.call('unload', identity);
  }

  async keepDatasets(digests: readonly string[]) {
    await this.#remote?.call('keepDatasets', digests);
    await this.#local.call('keepDatasets', digests);
  }

  /** Notes that the process is stopped on purpose: a call under way is then no sign against its teacher. */
  excuse(): void {
    // A thread that has died ends the process: that call is not excused.
    if (this.#notedFolder !== undefined && !this.#hasLocalDied) excuseCall(this.#notedFolder);
  }

  /** Ends the threads, whatever they do. */
  async stop(): Promise<void> {
    clearInterval(this.#look);
    const closed = Promise.all([this.#local.close(), this.#remote?.close()]);
    // The thread may still go on, and may have begun another call.
    this.excuse();
    await closed;
    this.excuse();
  }

  /** Watches calls of teachers that compute here; remote ones have deadlines of their own. */
  #watched<T>(
    identity: string,
    limits: CallLimits,
    call: (thread: Thread<TeacherCalls>) => Promise<T>,
  ): Promise<T> {
    const thread = this.#threadWith(identity);
    const answer = call(thread);
    return thread === this.#local ? this.#watch.watch(identity, limits, answer) : answer;
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
  const hasGpu = 'gpu' in workerData && workerData.gpu !== undefined;
  return new Thread(worker, {
    name: 'a thread with teachers',
    here,
    kinds: [OutsideFailure],
    uselessAfter: ({ message }) => (hasGpu ? lostGpu(message) : undefined),
  });
}
