/**
 * A whole cluster on one machine: `nats-server`, coordinator, teacher workers, student workers, each a
 * process of its own, as it would be in pods. `coordinator up`, the demo, the tests and the benches use it.
 *
 * Ports are free ones on loopback, unless `listen` names another address. No child outlives this process: `stop` ends
 * them in order, and a guard ends them if this process is killed. Workers that die are restarted only if
 * `restartWorkers` is set. NATS is restarted after a full disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { preloadUrl } from '@lyceum/learning/plugins';
import { type FolderLock, lockFolder, sleep } from '@lyceum/platform';
import type { NatsCredentials } from '@lyceum/platform/nats';
import { LyceumError, type NatsRole } from '@lyceum/proto';
import {
  type ChildEnvironment,
  calledAt,
  childEnvironment,
  type LocalClusterOptions,
  type WorkerKind,
  workerArguments,
} from './cluster-options.js';
import { type ClusterProcess, runningProcesses } from './cluster-processes.js';
import { installPlugin } from './install-plugin.js';
import { LocalNats } from './local-nats.js';
import { ChildProgram, Guard, keepRunning, programFile } from './programs/index.js';

export class LocalCluster {
  readonly stateDir: string;
  /** Rejects when NATS or the coordinator has died: without them nothing works. Never resolves. */
  readonly failed: Promise<never>;
  readonly #options: LocalClusterOptions;
  readonly #environment: ChildEnvironment;
  readonly #temporary: boolean;
  readonly #lock: FolderLock;
  readonly #guard: Guard;
  readonly #nats: LocalNats;
  readonly #stopping = new AbortController();
  readonly #workers = new Map<string, { readonly kind: WorkerKind; program?: ChildProgram }>();
  #fail: (error: LyceumError) => void = () => undefined;
  /** Node's arguments for programs that compute with the plugin. */
  #preload: readonly string[] = [];
  #coordinator: ChildProgram | undefined;
  /** The address at which the coordinator listens. */
  #listen: string;
  /** The address at which this machine calls the coordinator. */
  #address = '';
  #stopped: Promise<void> | undefined;

  private constructor(
    options: LocalClusterOptions,
    environment: ChildEnvironment,
    stateDir: string,
    lock: FolderLock,
  ) {
    this.#options = options;
    this.#environment = environment;
    this.#temporary = options.stateDir === undefined;
    this.#listen = options.listen ?? '127.0.0.1:0';
    this.stateDir = stateDir;
    this.#lock = lock;
    this.#guard = Guard.start(lock);
    this.#nats = new LocalNats({
      stateDir,
      tlsDir: options.tlsDir,
      env: this.#environment.env,
      guard: this.#guard,
      stopping: this.#stopping.signal,
      log: (line) => this.#log(line),
      died: (message) => this.#partDied(message),
    });
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined);
  }

  /**
   * Starts everything and waits until it is ready.
   *
   * @throws {LyceumError} UNAVAILABLE, with the end of its log, if a program does not start; FAILED_PRECONDITION if
   *   the state folder is in use; INVALID_ARGUMENT if the folder cannot be written, `listen` is no address or the
   *   plugin is wrong. After an error no process is left.
   */
  static async start(options: LocalClusterOptions): Promise<LocalCluster> {
    const folder = options.stateDir ?? (await mkdtemp(path.join(tmpdir(), 'lyceum-cluster-')));
    const stateDir = path.resolve(folder);
    const environment = childEnvironment(options);
    const lock = await lockFolder(stateDir, options.program ?? 'a local cluster', options.log);
    const cluster = new LocalCluster(options, environment, stateDir, lock);
    const giveUp = () => cluster.#stopping.abort();
    options.signal?.addEventListener('abort', giveUp, { once: true });
    if (options.signal?.aborted === true) giveUp();
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

  /** The coordinator's address for clients, `127.0.0.1:PORT`. */
  get address(): string {
    return this.#address;
  }

  /** URL of NATS; it stays the same while NATS is being restarted. */
  get natsUrl(): string {
    return this.#nats.url;
  }

  /** Credentials, which NATS requires: the coordinator's allow everything, a worker's only what its role needs. */
  natsCredentials(role: NatsRole): NatsCredentials {
    return this.#nats.user(role).credentials;
  }

  /** The processes that run now. */
  get processes(): readonly ClusterProcess[] {
    const workers = [...this.#workers].map(
      ([id, { kind, program }]) => [kind, id, program] as const,
    );
    return runningProcesses(this.#nats.server?.pid, [
      ['coordinator', 'coordinator', this.#coordinator],
      ...workers,
    ]);
  }

  /**
   * Sends a signal to a worker, to `coordinator` or to `nats`; after SIGKILL, waits until the process is gone.
   *
   * @throws {LyceumError} NOT_FOUND if no such process runs.
   */
  async kill(workerId: string, signal: NodeJS.Signals): Promise<void> {
    const found = this.processes.find((p) => p.workerId === workerId);
    if (found === undefined) throw new LyceumError('NOT_FOUND', `no process ${workerId} runs`);
    const running = found.kind === 'nats' ? this.#nats.server : this.#programOf(workerId);
    const exited = running?.exited;
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
   * @param store - `emptied`: all that NATS has stored is deleted before the new start.
   */
  async restartNats(
    signal: 'SIGTERM' | 'SIGKILL',
    awayMs = 0,
    store: 'kept' | 'emptied' = 'kept',
  ): Promise<void> {
    await this.#nats.restart(signal, awayMs, store);
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
    if (this.#environment.isOpenOutwards) {
      this.#log(
        'remote teachers may be at any address, private ones too, because only this machine can reach the cluster; --allow-addresses limits that',
      );
    }
    await this.#nats.start();
    await this.#startCoordinator();
    const { teacherWorkers, studentWorkers } = this.#options;
    const starts: Promise<string>[] = [];
    for (let n = 0; n < teacherWorkers; n++) starts.push(this.#startWorker('teacher'));
    for (let n = 0; n < studentWorkers; n++) starts.push(this.#startWorker('student'));
    // Waits for all: if one worker fails, another that is still starting must be stopped too.
    for (const outcome of await Promise.allSettled(starts)) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
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
    const start = async () => {
      const coordinator = await this.#route(id, 'coordinator', this.#address);
      const own = ['--coordinator', coordinator, '--worker-id', id];
      const args = [...own, ...workerArguments(kind, this.#options)];
      worker.program = await this.#startProgram(`${kind}-worker`, id, args);
      return worker.program;
    };
    const program = await start();
    this.#log(`${kind} worker ${id} is ready (pid ${program.pid})`);
    void keepRunning(program, {
      restart: this.#options.restartWorkers ? start : undefined,
      stopping: this.#stopping.signal,
      log: (line) => this.#log(line),
    });
    return id;
  }

  async #route(from: string, to: 'coordinator' | 'nats', address: string): Promise<string> {
    return (await this.#options.route?.(from, to, address)) ?? address;
  }

  async #startProgram(
    program: NatsRole,
    name: string,
    args: readonly string[],
  ): Promise<ChildProgram> {
    const nats = new URL(this.natsUrl);
    nats.host = await this.#route(name, 'nats', nats.host);
    return ChildProgram.start({
      name: program === 'coordinator' ? name : `${program.replace('-', ' ')} ${name}`,
      file: programFile(program),
      nodeArgs: program === 'teacher-worker' ? [] : this.#preload,
      args: [
        ...args,
        ...['--nats', nats.href],
        ...['--state-dir', path.join(this.stateDir, name)],
        ...['--http', '127.0.0.1:0'],
        ...['--log-level', this.#options.logLevel ?? 'info'],
      ],
      env: {
        ...this.#environment.env,
        LYCEUM_NATS_CREDENTIALS: this.#nats.user(program).file,
      },
      // The student comes first on the cores: if the other programs are late, it waits and leaves its cores to them.
      yields: program !== 'student-worker',
      logFile: path.join(this.stateDir, 'logs', `${name}.log`),
      guard: this.#guard,
      log: (line) => this.#log(line),
      signal: this.#stopping.signal,
    });
  }

  async #stopAll(): Promise<void> {
    this.#stopping.abort();
    await this.#nats.settle();
    for (const wanted of ['student', 'teacher'] as const) {
      const workers = [...this.#workers.values()].filter(({ kind }) => kind === wanted);
      await Promise.all(workers.map(({ program }) => program?.stop()));
    }
    await this.#coordinator?.stop();
    await this.#nats.stop();
    await this.#guard.stop();
    this.#lock.release();
    if (this.#temporary) await rm(this.stateDir, { recursive: true, force: true });
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
