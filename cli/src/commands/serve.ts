import { availableParallelism } from 'node:os';
import type { Serving } from '@lyceum/coordinator/serve';
import {
  AddressGuard,
  checkListenAddress,
  checkServerCertificate,
  collectGarbageRarely,
  createLogger,
  EXIT,
  type ExitCode,
  isYes,
  type Logger,
  LogTap,
  lockFolder,
  Shutdown,
  secretPlaces,
  type TlsIdentity,
} from '@lyceum/platform';
import {
  allowedAddresses,
  flag,
  folderPath,
  numberAbove,
  wholeNumber,
} from '@lyceum/platform/flags';
import { type NatsCredentials, natsCredentialsIn } from '@lyceum/platform/nats';
import { LyceumError } from '@lyceum/proto';
import { type Command, Option } from 'commander';
import { type ServedDashboard, serveDashboard } from '../dashboard/index.js';
import { type GlobalOptions, globalOptions, tlsOf } from '../session/index.js';
import { VERSION } from '../version.js';

/** Time for calls under way to end, and for answers to be written. */
const STOP_BUDGET_MS = 10_000;

const GIB = 1024 ** 3;

/** One day. With longer intervals, a replaced model would hardly be noticed before its runs end. */
const CANARY_MAX_SECONDS = 86_400;

interface ServeFlags {
  readonly listen: string;
  readonly http: string;
  readonly dashboard?: string;
  readonly dashboardHost: readonly string[];
  readonly nats: string;
  readonly natsCredentials?: string;
  readonly stateDir: string;
  readonly answersMaxGib: number;
  readonly canarySeconds: number;
  readonly dataThreads: number;
  readonly insecure: boolean;
  readonly secretsDir?: string;
  readonly allowAddresses: readonly string[];
  readonly datasetsRoot?: string;
}

export function addServe(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command('serve')
    .description('run the coordinator')
    .addOption(
      flag('--listen <address>', 'gRPC; port 0 takes a free one', 'LYCEUM_LISTEN').default(
        '127.0.0.1:7700',
      ),
    )
    .addOption(flag('--http <address>', 'probes and metrics', 'LYCEUM_HTTP').default('127.0.0.1:0'))
    .addOption(
      flag(
        '--dashboard <address>',
        'address of a page that shows the cluster; beyond this machine it needs --tls-dir or --insecure (default: none)',
        'LYCEUM_DASHBOARD',
      ),
    )
    .option(
      '--dashboard-host <name>',
      'a name by which browsers call it, beside localhost; may be repeated',
      (name: string, names: readonly string[]) => [...names, name],
      [],
    )
    .addOption(
      flag('--nats <url>', 'NATS with JetStream', 'LYCEUM_NATS_URL').default(
        'nats://127.0.0.1:4222',
      ),
    )
    .addOption(
      flag(
        '--nats-credentials <file>',
        'user and password for NATS, as JSON; default: none, or the certificate says who it is',
        'LYCEUM_NATS_CREDENTIALS',
      ),
    )
    .addOption(
      flag(
        '--state-dir <dir>',
        'answers, ledgers and histories of runs, and the copy from which an empty NATS is filled again: back it up',
        'LYCEUM_STATE_DIR',
      )
        .argParser(folderPath)
        .default('./lyceum-state/coordinator'),
    )
    .addOption(
      flag(
        '--answers-max-gib <n>',
        'stored answers kept beside those that runs under way need',
        'LYCEUM_ANSWERS_MAX_GIB',
      )
        .argParser(numberAbove(0))
        .default(20),
    )
    .addOption(
      flag(
        '--canary-seconds <n>',
        'time between checks that a teacher worker still gives the same answers',
        'LYCEUM_CANARY_SECONDS',
      )
        .argParser(numberAbove(0, CANARY_MAX_SECONDS))
        .default(60),
    )
    .addOption(
      flag(
        '--data-threads <n>',
        'threads that encode answers and compute targets',
        'LYCEUM_DATA_THREADS',
      )
        .argParser(wholeNumber(1))
        .default(Math.max(1, Math.min(4, availableParallelism() - 1)), 'cores less one, at most 4'),
    )
    .addOption(
      flag(
        '--secrets-dir <dir>',
        'files with tokens and keys for inference servers, by the names that models have for them, and NAME.hosts with the hosts that each goes to; else LYCEUM_SECRET_NAME and LYCEUM_HOSTS_OF_NAME in the environment',
        'LYCEUM_SECRETS_DIR',
      ),
    )
    .addOption(
      flag(
        '--allow-addresses <list>',
        'private addresses, ranges and hosts that inference servers may be at (10.96.0.0/12,triton.internal), or all; public ones always',
        'LYCEUM_ALLOW_ADDRESSES',
      )
        .argParser(allowedAddresses)
        .default([], 'public addresses alone'),
    )
    .addOption(
      flag(
        '--datasets-root <dir>',
        'mounted folder; runs may name data sets in it by their paths; default: pushed sets alone',
        'LYCEUM_DATASETS_ROOT',
      ),
    )
    .addOption(
      new Option(
        '--insecure',
        'allow addresses that others can reach, without TLS (env: LYCEUM_INSECURE=true)',
      ).default(false),
    )
    .addHelpText(
      'after',
      `
Prints one JSON line on stdout once it is ready; logs go to stderr.

Examples:
  coordinator serve
  coordinator serve --listen 127.0.0.1:0 --nats nats://127.0.0.1:4222 --state-dir /var/lib/lyceum`,
    )
    .action((flags: ServeFlags, command: Command) => run(flags, globalOptions(command), env));
}

async function run(
  flags: ServeFlags,
  globals: GlobalOptions,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  collectGarbageRarely();
  const { logLevel } = globals;
  const tls = tlsOf(globals);
  // Checked before waiting for NATS.
  if (tls !== undefined) checkServerCertificate(tls);
  const credentials = natsCredentialsIn(flags.natsCredentials);
  const insecure = flags.insecure || isYes('LYCEUM_INSECURE', env);
  const open = insecure || tls !== undefined;
  const dashboardAddress = flags.dashboard === undefined ? [] : [flags.dashboard];
  for (const address of [flags.listen, flags.http, ...dashboardAddress]) {
    refuseOpenAddress(address, open);
  }
  const tap = new LogTap();
  const log = createLogger({ name: 'coordinator', level: logLevel, tap });
  const shutdown = Shutdown.install(log, STOP_BUDGET_MS);
  const lock = await lockFolder(flags.stateDir, 'coordinator');
  shutdown.onStop('lock of the state folder', async () => lock.release());
  let ended: ExitCode;
  try {
    ended = await keepServing({
      flags,
      env,
      tls,
      credentials,
      insecure,
      logLevel,
      log,
      tap,
      shutdown,
    });
  } catch (err) {
    // What has begun would keep the process alive.
    await shutdown.stop('failed');
    throw err;
  }
  if (!shutdown.signal.aborted) process.exit(await shutdown.stop('closed', ended));
}

interface ServeParts {
  readonly flags: ServeFlags;
  readonly env: NodeJS.ProcessEnv;
  readonly tls: TlsIdentity | undefined;
  readonly credentials: NatsCredentials | undefined;
  readonly insecure: boolean;
  readonly logLevel: string;
  readonly log: Logger;
  readonly tap: LogTap;
  readonly shutdown: Shutdown;
}

/** Serves until the coordinator closes, or the program is told to end. @returns the exit code for the former. */
async function keepServing(parts: ServeParts): Promise<ExitCode> {
  const { flags, env, tls, credentials, insecure, logLevel, log, tap, shutdown } = parts;
  // Imported here: other commands start without loading a server.
  const { serve } = await import('@lyceum/coordinator/serve');
  let addresses = { listenAddress: flags.listen, httpAddress: flags.http };
  let serving: Serving | undefined;
  let dashboard: ServedDashboard | undefined;
  shutdown.onStop('coordinator', async () => serving?.stop());
  shutdown.onStop('dashboard', async () => dashboard?.close());
  for (let isFirst = true; !shutdown.signal.aborted; isFirst = false) {
    serving = await serve({
      natsUrl: flags.nats,
      natsCredentials: credentials,
      stateDir: flags.stateDir,
      answersMaxBytes: flags.answersMaxGib * GIB,
      canaryIntervalMs: flags.canarySeconds * 1000,
      dataThreads: flags.dataThreads,
      ...addresses,
      insecure,
      tls,
      outside: {
        secrets: secretPlaces(flags.secretsDir, env, 'nowhere'),
        addresses: new AddressGuard(flags.allowAddresses),
      },
      datasetsRoot: flags.datasetsRoot,
      version: VERSION,
      log,
      tap,
      signal: shutdown.signal,
    }).catch((err: unknown) => {
      if (shutdown.signal.aborted) return undefined;
      throw err;
    });
    // The program received a signal to end before it began to serve.
    if (serving === undefined) break;
    const { address, http } = serving;
    addresses = { listenAddress: address, httpAddress: http };
    if (isFirst) dashboard = await dashboardOf(flags, address, tls, logLevel, log);
    const shown = dashboard === undefined ? {} : { dashboard: dashboard.url };
    const ready = { program: 'coordinator', address, http, ...shown, pid: process.pid };
    if (isFirst) process.stdout.write(`${JSON.stringify(ready)}\n`);
    const reason = await serving.closed;
    if (reason !== 'store-lost') return reason === 'deposed' ? EXIT.conflict : EXIT.unreachable;
    log.warn('NATS came back with an empty store; starting again to restore it');
    await serving.stop();
  }
  return EXIT.ok;
}

/** @param coordinator - the address at which the coordinator listens. */
async function dashboardOf(
  { dashboard: address, dashboardHost: hosts }: ServeFlags,
  coordinator: string,
  tls: TlsIdentity | undefined,
  logLevel: string,
  log: Logger,
): Promise<ServedDashboard | undefined> {
  if (address === undefined) return undefined;
  const served = await serveDashboard({ address, hosts, coordinator, tls, logLevel });
  log.info({ url: served.url }, 'dashboard is ready, read-only');
  void served.died.then((err) =>
    log.error({ err }, 'the dashboard has ended; the coordinator goes on'),
  );
  return served;
}

/** @throws {LyceumError} INVALID_ARGUMENT, in place of the error's own code: a missing flag is wrong usage. */
function refuseOpenAddress(address: string, open: boolean): void {
  try {
    checkListenAddress(address, open);
  } catch (err) {
    if (!(err instanceof LyceumError)) throw err;
    throw new LyceumError('INVALID_ARGUMENT', err.message, { cause: err });
  }
}
