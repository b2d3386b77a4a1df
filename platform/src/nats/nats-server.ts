/** A private `nats-server`: for the local cluster, the tests and the benches. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { LyceumError, type NatsRole, natsAccounts } from '@lyceum/proto';
import { fileTrouble, lockFolder, withPath } from '../files/index.js';
import { sleep } from '../pacing/index.js';
import { type Logger, processorMsOf, StartPatience } from '../process/index.js';
import { TLS_FILES } from '../tls/index.js';

const STOP_MS = 5_000;
const LOOK_MS = 20;

/**
 * Path of the `nats-server` that set-up chose (in `bin` of its cache: `LYCEUM_CACHE`, else `lyceum` in
 * the user's cache folder), else of the one on `PATH`. Set-up's choice comes first: the one on `PATH` may be too old.
 */
export function findNatsServer(env: NodeJS.ProcessEnv): string | undefined {
  const onPath = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const userCache = env['XDG_CACHE_HOME'] ?? join(env['HOME'] ?? homedir(), '.cache');
  const cache = env['LYCEUM_CACHE'] ?? join(userCache, 'lyceum');
  return [join(cache, 'bin'), ...onPath]
    .map((folder) => join(folder, 'nats-server'))
    .find(isExecutable);
}

export interface NatsServerOptions {
  readonly binary: string;
  /** Folder of the server's streams and log; made if it is not there. */
  readonly storeDir: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: Logger;
  /** A folder as `readTlsIdentity` wants it: only clients with a certificate of its authorities are let in. */
  readonly tlsDir?: string | undefined;
  /** Each role's user; default: every program that reaches the server may do everything. */
  readonly passwords?: Readonly<Record<NatsRole, string>> | undefined;
  /** Environment variables of the server. Default: none. */
  readonly env?: NodeJS.ProcessEnv;
  /**
   * Called as soon as the process exists, even if the server then does not get ready; `exited` resolves at its end.
   */
  readonly spawned?: (pid: number, exited: Promise<unknown>) => void;
}

export interface NatsServer {
  /** `nats://127.0.0.1:PORT`. */
  readonly url: string;
  readonly pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<unknown>;
  /** Ends the server, and waits for its end. Stored data stays. */
  stop(): Promise<void>;
}

/**
 * Starts a server with JetStream on loopback, and waits until it takes connections. Each write is on disk before it is
 * acknowledged: by default NATS syncs every two minutes.
 *
 * @throws {LyceumError} FAILED_PRECONDITION, with the end of its log, if it does not start, or if another server uses
 *   the folder: two must not write one store.
 */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const { binary, storeDir, log } = options;
  const logFile = join(storeDir, 'nats-server.log');
  const lock = await lockFolder(storeDir, 'nats-server');
  let child: ChildProcess;
  let exited: Promise<Error | undefined>;
  let logStart: number;
  try {
    const configFile = join(storeDir, 'nats-server.conf');
    // The file holds passwords. Written over, an old file would keep its mode.
    await rm(configFile, { force: true });
    await withPath('write', configFile, () =>
      writeFile(configFile, configuration(options), { mode: 0o600 }),
    );
    await removePortsFiles(storeDir);
    const logHandle = await open(logFile, 'a');
    logStart = (await logHandle.stat()).size;
    // A process group of its own: Ctrl-C at the terminal must not end it before the programs that use it.
    child = spawn(binary, ['--config', configFile], {
      detached: true,
      // The server inherits the lock, and keeps it as long as it runs, even if this process ends.
      stdio: ['ignore', logHandle.fd, logHandle.fd, lock.fd],
      // One thread is enough for the workers of one machine; several would wake each other on cores that train.
      env: { GOMAXPROCS: '1', ...options.env },
    });
    // Listened to before any wait, so that a missing binary is reported at once.
    exited = exitOf(child);
    if (child.pid !== undefined) options.spawned?.(child.pid, exited);
    await logHandle.close();
    if (child.pid !== undefined) lock.tell({ program: 'nats-server', pid: child.pid });
  } finally {
    lock.release();
  }
  const ended = new AbortController();
  void exited.then(() => ended.abort());
  const running = () => !ended.signal.aborted;
  const stop = async (): Promise<void> => {
    if (running()) child.kill('SIGTERM');
    await sleep(STOP_MS, ended.signal);
    if (running()) child.kill('SIGKILL');
    await exited;
  };
  const { pid } = child;
  const url = pid === undefined ? undefined : await urlOf(pid, storeDir, logFile, running);
  if (pid === undefined || url === undefined) {
    await stop();
    const failure = await exited;
    const why = failure
      ? ` ${fileTrouble(binary, failure) ?? failure.message}`
      : await linesAtEnd(logFile, logStart);
    throw new LyceumError('FAILED_PRECONDITION', `${binary} did not start:${why}`);
  }
  log.info({ url, pid }, 'nats-server started');
  return { url, pid, exited, stop };
}

/** Resolves when the process has ended; with the error, if it could not be started. */
function exitOf(child: ChildProcess): Promise<Error | undefined> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve(undefined));
    child.once('error', resolve);
  });
}

/** The last lines that were written to a log after `start`. */
async function linesAtEnd(file: string, start: number): Promise<string> {
  const text = (await readFile(file)).subarray(start).toString();
  return ['', ...text.trimEnd().split('\n').slice(-5)].join('\n');
}

function configuration({ port, storeDir, tlsDir, passwords }: NatsServerOptions): string {
  return [
    `listen: "127.0.0.1:${port === 0 ? -1 : port}"`,
    `ports_file_dir: ${JSON.stringify(storeDir)}`,
    `jetstream { store_dir: ${JSON.stringify(storeDir)}, sync_interval: always }`,
    ...(tlsDir === undefined ? [] : [tlsBlock(tlsDir)]),
    ...(passwords === undefined ? [] : [natsAccounts(passwords)]),
    '',
  ].join('\n');
}

function tlsBlock(folder: string): string {
  const { ca, certificate, key } = TLS_FILES;
  const files = { ca_file: ca, cert_file: certificate, key_file: key };
  const lines = Object.entries(files).map(
    ([name, file]) => `${name}: ${JSON.stringify(resolve(folder, file))}`,
  );
  return `tls { ${lines.join(', ')}, verify: true }`;
}

function portsFile(pid: number): string {
  return `nats-server_${pid}.ports`;
}

/**
 * Removes ports files of killed servers: the new server may get the process id of an old one, and so its file's name.
 */
async function removePortsFiles(storeDir: string): Promise<void> {
  for (const name of await readdir(storeDir)) {
    if (/^nats-server_\d+\.ports$/.test(name)) await rm(join(storeDir, name), { force: true });
  }
}

/** The address that the server writes into its ports file once it listens. Undefined: the server ended, or hangs. */
async function urlOf(
  pid: number,
  storeDir: string,
  logFile: string,
  running: () => boolean,
): Promise<string | undefined> {
  const file = join(storeDir, portsFile(pid));
  const signs = () => ({ processorMs: processorMsOf(pid), logBytes: statSync(logFile).size });
  const patience = new StartPatience(performance.now(), signs());
  for (; running() && !patience.isOver(performance.now(), signs()); await sleep(LOOK_MS)) {
    try {
      const ports = JSON.parse(await readFile(file, 'utf8')) as { nats?: string[] };
      await rm(file, { force: true });
      return ports.nats?.[0];
    } catch {
      // The file is not there yet, or half written.
    }
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
