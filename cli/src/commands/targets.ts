import { SPLIT_NAMES, SPLIT_NUMBERS, type SplitName } from '@lyceum/learning/datasets';
import {
  checkListenAddress,
  createLogger,
  RpcServer,
  SERVICES,
  Shutdown,
  targetService,
  withPath,
} from '@lyceum/platform';
import { numberAbove, uint32From } from '@lyceum/platform/flags';
import { LyceumError, type Split, type TargetOutline } from '@lyceum/proto';
import { type Command, Option } from 'commander';
import { CoordinatorClient, type TargetsRequest } from '../client/index.js';
import { refuseExisting, replaceFile } from '../files/index.js';
import { pluralText } from '../printing/text/index.js';
import {
  globalOptions,
  notice,
  type OnProgress,
  tlsOf,
  withCoordinator,
  withProgress,
} from '../session/index.js';
import {
  TARGET_FORMATS,
  type TargetFile,
  TargetGateway,
  type ValueType,
} from '../targets/index.js';

const [DEFAULT_FORMAT = '', ...OTHER_FORMATS] = TARGET_FORMATS.keys();

interface ExportOptions {
  readonly format: string;
  readonly split: SplitName;
  readonly epoch: number;
  readonly temperature?: number;
  readonly float16?: true;
  readonly out?: string;
  readonly force?: true;
  readonly wait?: true;
}

interface ServeFlags {
  readonly listen: string;
  readonly insecure?: true;
  readonly tls?: true;
}

export function addTargets(program: Command): void {
  const targets = program
    .command('targets')
    .description("what a run's student trains on, for students elsewhere");
  addExport(targets);
  addTargetServe(targets);
}

function addExport(targets: Command): void {
  targets
    .command('export')
    .description("write the targets of each of a split's samples to a file")
    .argument('<run>', "the run's id")
    .addOption(
      new Option('--format <format>', 'for numpy.load, or a table')
        .choices([DEFAULT_FORMAT, ...OTHER_FORMATS])
        .default(DEFAULT_FORMAT),
    )
    .addOption(
      new Option('--split <split>', 'split whose samples are written')
        .choices(SPLIT_NAMES)
        .default('train'),
    )
    .option(
      '--epoch <n>',
      "of train: the run's epoch; with views, samples look different in each",
      uint32From(0),
      0,
    )
    .option(
      '--temperature <t>',
      "temperature of all targets, in place of the terms' own",
      numberAbove(0),
    )
    .option('--float16', 'numbers of 16 bits')
    .option('--out <file>', 'default: RUN-SPLIT.FORMAT')
    .option('--force', 'overwrite it')
    .option('--wait', 'wait for a teacher worker where answers are missing and none is connected')
    .addHelpText(
      'after',
      `
Stored answers are used; for others the teachers are asked, by whichever teacher workers are there. Rows of train come in
the order in which the run's student visits them, those of the others in the split's own: \`sample\` says which they are.

Examples:
  coordinator targets export digits                                  # digits-train.npz, for numpy.load
  coordinator targets export digits --format parquet --temperature 2 --out digits.parquet`,
    )
    .action((runId: string, options: ExportOptions, command: Command) =>
      withCoordinator(command, async ({ client, signal }) => {
        await exportTargets(client, runId, options, signal);
      }),
    );
}

async function exportTargets(
  client: CoordinatorClient,
  runId: string,
  options: ExportOptions,
  signal: AbortSignal,
): Promise<void> {
  const { format, split, epoch, temperature = 0, force, wait = false } = options;
  if (split !== 'train' && epoch > 0) {
    const message = `--epoch is only for train; the ${split} split is the same in every epoch`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const out = options.out ?? `${runId}-${split}.${format}`;
  if (force === undefined) await refuseExisting(out);
  const asked = { runId, split: SPLIT_NUMBERS[split] as Split, temperature };
  const { stepsPerEpoch } = await client.targetOutline(asked);
  const firstStep = epoch * stepsPerEpoch;
  const request = { ...asked, firstStep, endStep: firstStep + stepsPerEpoch, wait };
  const rows = await withPath('write', out, () =>
    replaceFile(out, (file) =>
      withProgress(`exporting ${runId}`, samplesText, (onProgress) =>
        writeTargets(client, request, file, options, { signal, onProgress }),
      ),
    ),
  );
  notice(`wrote ${out}: ${samplesText(rows)}`);
}

/** @returns the number of rows. */
async function writeTargets(
  client: CoordinatorClient,
  request: TargetsRequest,
  path: string,
  options: ExportOptions,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: OnProgress },
): Promise<number> {
  let file: TargetFile | undefined;
  let rows = 0;
  let total: number | undefined;
  try {
    const onAway = (error: LyceumError) => notice(`${error.message}; trying again`);
    for await (const part of client.streamTargets(request, { signal, onAway })) {
      if (part.$case === 'waiting') notice(part.waiting);
      else if (part.$case === 'outline') {
        total = part.outline.sampleCount;
        file = await createFile(path, part.outline, options);
      } else {
        await file?.append(part.batch);
        rows += part.batch.samples.length;
        onProgress(rows, total);
      }
    }
    await file?.finish();
    return rows;
  } finally {
    await file?.close();
  }
}

function samplesText(count: number): string {
  return pluralText(count, 'sample');
}

async function createFile(
  path: string,
  outline: TargetOutline,
  { format, split, float16 }: ExportOptions,
): Promise<TargetFile> {
  const valueType: ValueType = float16 ? 'float16' : 'float32';
  const create = TARGET_FORMATS.get(format);
  if (create === undefined) throw new Error(`no format ${format}`);
  return create(path, outline, split, valueType);
}

function addTargetServe(targets: Command): void {
  targets
    .command('serve')
    .description("hand a run's targets, and their samples, to students elsewhere")
    .argument('<run>', "the run's id")
    .option('--listen <address>', 'gRPC; port 0 takes a free one', '127.0.0.1:7710')
    .option('--insecure', 'allow addresses that others can reach, without TLS')
    .option(
      '--tls',
      'serve with the certificate of --tls-dir, to clients with a certificate of the same authority',
    )
    .addHelpText(
      'after',
      `
Serves lyceum.v1.TargetService for this run alone, as the coordinator does for all, and adds the samples as the run's views
show them; it holds the run's set in memory once they are asked for. It outlives a restart of the coordinator. Prints one
JSON line on stdout once it is ready; logs go to stderr.

clients/python/README.md has students in PyTorch.

Examples:
  coordinator targets serve digits
  coordinator targets serve digits --listen 127.0.0.1:0
  coordinator --tls-dir certificates/targets targets serve digits --tls --listen 0.0.0.0:7710`,
    )
    .action((runId: string, flags: ServeFlags, command: Command) =>
      serveTargets(runId, flags, command),
    );
}

/** Short: calls under way are cut off, because their readers ask again. */
const STOP_BUDGET_MS = 5_000;
const STOP_GRACE_MS = 500;

async function serveTargets(runId: string, flags: ServeFlags, command: Command): Promise<void> {
  const globals = globalOptions(command);
  const tls = tlsOf(globals);
  if (flags.tls === true && tls === undefined) {
    const message = '--tls needs --tls-dir, a folder with the certificate of a program that serves';
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  checkListenAddress(flags.listen, flags.insecure === true || flags.tls === true);
  const { coordinator, logLevel } = globals;
  const log = createLogger({ name: 'targets', level: logLevel });
  const shutdown = Shutdown.install(log, STOP_BUDGET_MS);
  const client = new CoordinatorClient(coordinator, tls);
  shutdown.onStop('client', async () => client.close());
  await client.version();
  const targets = new TargetGateway(client, runId, log);
  // Reports a problem with the run now, rather than to the first student.
  await client.targetOutline({ runId });
  const server = await RpcServer.start({
    address: flags.listen,
    insecure: flags.insecure === true,
    tls: flags.tls === true ? tls : undefined,
    log,
    services: [[SERVICES.target, targetService({ targets, stopping: shutdown.signal, log })]],
  });
  shutdown.onStop('server', () => server.stop(STOP_GRACE_MS));
  const ready = { program: 'targets', runId, address: server.address, pid: process.pid };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}
