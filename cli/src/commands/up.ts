import path from 'node:path';
import {
  checkServerCertificate,
  createLogger,
  ENDING_SIGNALS,
  onInterrupt,
} from '@lyceum/platform';
import { allowedAddresses, flag, folderPath, wholeNumber } from '@lyceum/platform/flags';
import { toLyceumError } from '@lyceum/proto';
import type { Command } from 'commander';
import { CoordinatorClient } from '../client/index.js';
import { DASHBOARD_ADDRESS, type OpenDashboard, openDashboard } from '../dashboard/index.js';
import { freeAddress, LocalCluster } from '../local-cluster/index.js';
import { shellWord } from '../printing/text/index.js';
import {
  CommandExit,
  EXIT,
  type GlobalOptions,
  globalOptions,
  notice,
  tlsOf,
} from '../session/index.js';

/** Default address of all other commands. */
const DEFAULT_LISTEN = '127.0.0.1:7700';

interface UpFlags {
  readonly teachers: number;
  readonly students: number;
  readonly computeThreads: number;
  readonly stateDir: string;
  readonly listen?: string;
  readonly datasetsRoot?: string;
  readonly plugin?: string;
  readonly allowAddresses?: readonly string[];
}

export function addUp(program: Command, environment: NodeJS.ProcessEnv): void {
  program
    .command('up')
    .description('start a whole cluster on this machine, and end it on Ctrl-C')
    .option('--teachers <count>', 'teacher workers', wholeNumber(0), 3)
    .option('--students <count>', 'student workers', wholeNumber(0), 1)
    .option('--compute-threads <count>', "each worker's TensorFlow threads", wholeNumber(1), 2)
    .option(
      '--listen <address>',
      `the coordinator's; port 0 takes a free one (default: ${DEFAULT_LISTEN}, or a free port if that is taken)`,
    )
    .addOption(
      flag('--state-dir <dir>', 'where runs, models, answers and logs are kept', 'LYCEUM_STATE_DIR')
        .argParser(folderPath)
        .default('./lyceum-state'),
    )
    .addOption(
      flag(
        '--allow-addresses <list>',
        'private addresses, ranges and hosts that remote teachers may be at, or all (default: all if --listen is this machine alone, else none)',
        'LYCEUM_ALLOW_ADDRESSES',
      ).argParser(allowedAddresses),
    )
    .addOption(
      flag(
        '--datasets-root <dir>',
        'runs may name data sets in it by their paths; default: pushed sets alone',
        'LYCEUM_DATASETS_ROOT',
      ),
    )
    .option('--plugin <file>', "terms and rules of one's own, .ts or .js; see docs/own-methods.md")
    .addHelpText(
      'after',
      `
Starts nats-server, a coordinator and workers as processes of their own, each with a log in DIR/logs. A
worker that dies is started again; if NATS or the coordinator dies, all ends. Starting it again with the
same --state-dir goes on where it ended. The page whose address it prints is that of the command dashboard.

Examples:
  coordinator up
  coordinator up --teachers 1 --students 2 --state-dir /tmp/lyceum`,
    )
    .action((flags: UpFlags, command: Command) => up(flags, globalOptions(command), environment));
}

async function up(
  flags: UpFlags,
  globals: GlobalOptions,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const tls = tlsOf(globals);
  if (tls !== undefined) checkServerCertificate(tls);
  const interrupted = new AbortController();
  const ended = new Promise<void>((resolve) => {
    onInterrupt(ENDING_SIGNALS, () => {
      notice('ending the cluster; Ctrl-C once more kills it');
      interrupted.abort();
      resolve();
    });
  });
  const cluster = await startOrInterrupt(flags, globals, environment, interrupted.signal);
  if (cluster === undefined) throw new CommandExit(EXIT.interrupted);
  if (flags.listen === undefined && cluster.address !== DEFAULT_LISTEN) {
    notice(
      `${DEFAULT_LISTEN} is taken: this coordinator is at ${cluster.address}, and other commands need the line with export`,
    );
  }
  const client = new CoordinatorClient(cluster.address, tls);
  const dashboard = await openOrNotice(client, globals);
  tellHowToReach(cluster, globals, dashboard);
  try {
    await Promise.race([ended, cluster.failed]);
  } finally {
    await dashboard?.close();
    client.close();
    await cluster.stop();
    notice('the cluster has ended');
  }
}

/**
 * Prints how to reach the cluster. The lines with `export` also go to stdout, for a shell's `eval`; on a terminal,
 * which shows both streams, they go to stdout only.
 */
function tellHowToReach(
  { address, stateDir }: LocalCluster,
  { tlsDir }: GlobalOptions,
  dashboard: OpenDashboard | undefined,
): void {
  const exports = [
    `export LYCEUM_COORDINATOR=${address}`,
    ...(tlsDir === undefined ? [] : [`export LYCEUM_TLS_DIR=${shellWord(path.resolve(tlsDir))}`]),
  ];
  notice(`The cluster is up; logs are in ${path.join(stateDir, 'logs')}. In another terminal:`);
  const commands = ['coordinator workers', 'coordinator submit FILE --watch'];
  const { isTTY } = process.stdout;
  process.stdout.write(exports.map((line) => `${isTTY ? '  ' : ''}${line}\n`).join(''));
  for (const line of isTTY ? commands : [...exports, ...commands]) notice(`  ${line}`);
  if (dashboard !== undefined) notice(`In a browser, once: ${dashboard.oneTimeUrl}`);
  notice('Ctrl-C ends it.');
}

/** Opens the dashboard, without which a cluster works too. @returns undefined: it failed; the reason was printed. */
async function openOrNotice(
  client: CoordinatorClient,
  { logLevel }: GlobalOptions,
): Promise<OpenDashboard | undefined> {
  const log = createLogger({ name: 'dashboard', level: logLevel });
  try {
    return await openDashboard(client, await freeAddress(DASHBOARD_ADDRESS), log);
  } catch (err) {
    notice(`warning: there is no dashboard: ${toLyceumError(err).message}`);
    return undefined;
  }
}

async function startOrInterrupt(
  flags: UpFlags,
  { logLevel, tlsDir }: GlobalOptions,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<LocalCluster | undefined> {
  try {
    return await LocalCluster.start({
      program: 'coordinator up',
      environment,
      teacherWorkers: flags.teachers,
      studentWorkers: flags.students,
      computeThreads: flags.computeThreads,
      stateDir: flags.stateDir,
      listen: flags.listen ?? (await freeAddress(DEFAULT_LISTEN)),
      ...(flags.allowAddresses !== undefined && { allowAddresses: flags.allowAddresses }),
      ...(flags.datasetsRoot !== undefined && {
        env: { LYCEUM_DATASETS_ROOT: path.resolve(flags.datasetsRoot) },
      }),
      ...(flags.plugin !== undefined && { plugin: flags.plugin }),
      ...(tlsDir !== undefined && { tlsDir }),
      logLevel,
      restartWorkers: true,
      log: notice,
      signal,
    });
  } catch (err) {
    if (signal.aborted) return undefined;
    throw err;
  }
}
