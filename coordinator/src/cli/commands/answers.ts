import { type AnswerTable, digestHex } from '@lyceum/proto';
import type { Command } from 'commander';
import { withCoordinator } from '../command-context.js';
import { timeText } from '../run-document.js';
import { bytesText, type Column, durationText, tableLines } from '../table.js';

export function addAnswers(program: Command): void {
  const answers = program
    .command('answers')
    .description("teachers' answers that are stored, so that no teacher is asked twice");
  answers
    .command('list')
    .description('list the tables of answers, those used last first')
    .action((_options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const tables = await client.listAnswerTables();
        print(tables.map(tableDocument), () =>
          tables.length === 0 ? ['No answers yet.'] : answerLines(tables, Date.now()),
        );
      }),
    );
  answers
    .command('delete')
    .description('delete tables of answers that no run under way needs')
    .argument('<id...>', 'as `answers list` shows them')
    .action((ids: string[], _options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, notice }) => {
        for (const id of ids) {
          await client.deleteAnswerTable(id);
          notice(`deleted ${id}`);
        }
      }),
    );
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
    { title: 'USED', value: (t) => durationText(nowMs - t.lastUsedAtMs), align: 'right' },
    { title: 'NEEDED BY', value: (t) => t.neededBy.join(', ') },
  ];
  return tableLines(columns, tables);
}
