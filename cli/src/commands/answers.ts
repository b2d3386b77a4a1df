import { numberFrom, uint32From } from '@lyceum/platform/flags';
import { type AnswerTable, type AnswerVerification, digestHex } from '@lyceum/proto';
import type { Command } from 'commander';
import { ageText, bytesText, type Column, tableLines, timeText } from '../printing/text/index.js';
import { type CommandContext, CommandExit, EXIT, withCoordinator } from '../session/index.js';

export function addAnswers(program: Command): void {
  const answers = program
    .command('answers')
    .description("teachers' answers that are stored, so that no teacher is asked twice");
  answers
    .command('list')
    .description('list the tables of answers, those used last first')
    .addHelpText('after', '\nExamples:\n  coordinator answers list -o json')
    .action((_options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const tables = await client.listAnswerTables();
        print(tables.map(tableDocument), () =>
          tables.length === 0 ? ['No answers yet.'] : answerLines(tables, Date.now()),
        );
      }),
    );
  addVerify(answers);
  answers
    .command('delete')
    .description('delete tables of answers that no run under way needs')
    .argument('<id...>', 'as `answers list` shows them')
    .addHelpText('after', '\nExamples:\n  coordinator answers delete 0f3a9c41d2e7b586')
    .action((ids: string[], _options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, notice }) => {
        for (const id of ids) {
          await client.deleteAnswerTable(id);
          notice(`deleted ${id}`);
        }
      }),
    );
}

interface VerifyOptions {
  readonly spans: number;
  readonly seed: number;
  readonly tolerance: number;
  readonly patience: number;
}

function addVerify(answers: Command): void {
  answers
    .command('verify')
    .description('ask teachers again for some stored answers, and compare')
    .argument('[id...]', 'as `answers list` shows them; none: all tables')
    .option(
      '--spans <n>',
      'spans of about 4096 samples to ask again for each table',
      uint32From(1),
      1,
    )
    .option('--seed <n>', 'chooses the spans', uint32From(1), 1)
    .option(
      '--tolerance <x>',
      'greatest divergence that still counts as equal',
      numberFrom(0),
      1e-4,
    )
    .option('--patience <s>', 'seconds to wait for a silent teacher', uint32From(1), 60)
    .addHelpText(
      'after',
      `
Needs teacher workers. Their new answers pass through the table's codec before they are compared, and are not stored.
DIVERGENCE of logits is the mean KL(stored ‖ again) in nats, of features Σ Δ² / Σ stored².
Equal bits can be expected for spans that the run in ASKED LIKE asked first, on a device of the same type with as many
threads. Elsewhere rows may differ in their last digits, and by a step of the codec where it rounds them apart.

Exit status: 1 if a divergence is above the tolerance, or no table could be verified.

Examples:
  coordinator answers verify
  coordinator answers verify --spans 4 --tolerance 0.001 -o json`,
    )
    .action((ids: string[], options: VerifyOptions, command: Command) =>
      withCoordinator(command, (context) => verify(ids, options, context)),
    );
}

async function verify(
  ids: readonly string[],
  { spans: spanCount, seed, tolerance: most, patience: patienceSeconds }: VerifyOptions,
  { client, print, notice, signal }: CommandContext,
): Promise<void> {
  const request = { ids, spanCount, seed, patienceSeconds };
  const found: AnswerVerification[] = [];
  for await (const one of client.verifyAnswers(request, { signal, onWaiting: notice })) {
    found.push(one);
  }
  const asked = found.filter(({ skippedReason }) => skippedReason === '');
  const differs = asked.some(({ divergence }) => !(divergence <= most));
  print(found, () => verificationLines(found, most));
  if (differs || asked.length === 0) throw new CommandExit(EXIT.failed);
}

function verificationLines(found: readonly AnswerVerification[], most: number): string[] {
  if (found.length === 0) return ['No answers yet.'];
  const figure = (value: number) => value.toExponential(1);
  const columns: Column<AnswerVerification>[] = [
    { title: 'ID', value: (v) => v.id },
    { title: 'TEACHER', value: (v) => v.teacher },
    { title: 'OUTPUT', value: (v) => v.outputs.join() },
    { title: 'CODEC', value: (v) => v.codec },
    { title: 'ROWS', value: (v) => String(v.rowCount), align: 'right' },
    { title: 'EQUAL BITS', value: (v) => String(v.equalRowCount), align: 'right' },
    { title: 'MAX |Δ|', value: (v) => figure(v.maxDifference), align: 'right' },
    { title: 'DIVERGENCE', value: (v) => figure(v.divergence), align: 'right' },
    { title: 'ASKED LIKE', value: (v) => v.askedLikeRuns.join(', ') },
    { title: 'VERDICT', value: (v) => (v.divergence <= most ? 'the same' : 'DIFFERS') },
  ];
  const asked = found.filter(({ skippedReason }) => skippedReason === '');
  const skipped = found.filter(({ skippedReason }) => skippedReason !== '');
  return [
    ...(asked.length === 0 ? [] : tableLines(columns, asked)),
    ...skipped.map(({ id, skippedReason }) => `${id} was not asked again: ${skippedReason}`),
  ];
}

function tableDocument({
  teacherIdentity,
  datasetDigest,
  lastUsedAtMs,
  ...table
}: AnswerTable): Record<string, unknown> {
  return {
    ...table,
    teacherIdentity: digestHex(teacherIdentity),
    datasetDigest: digestHex(datasetDigest),
    lastUsedAt: timeText(lastUsedAtMs),
  };
}

function answerLines(tables: readonly AnswerTable[], nowMs: number): string[] {
  const columns: Column<AnswerTable>[] = [
    { title: 'ID', value: (t) => t.id },
    { title: 'TEACHER', value: (t) => t.teacher || digestHex(t.teacherIdentity).slice(0, 12) },
    { title: 'DATA SET', value: (t) => digestHex(t.datasetDigest).slice(0, 12) },
    { title: 'VIEW', value: (t) => t.view },
    { title: 'EPOCH', value: (t) => t.viewEpoch, align: 'right' },
    { title: 'CODEC', value: (t) => t.codec },
    { title: 'SIZE', value: (t) => bytesText(t.sizeBytes), align: 'right' },
    { title: 'USED', value: (t) => ageText(nowMs - t.lastUsedAtMs), align: 'right' },
    { title: 'NEEDED BY', value: (t) => t.neededBy.join(', ') },
  ];
  return tableLines(columns, tables);
}
