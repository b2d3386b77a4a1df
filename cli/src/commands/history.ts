import { uint32From, wholeNumber } from '@lyceum/platform/flags';
import { LyceumError } from '@lyceum/proto';
import { type Command, Option } from 'commander';
import { historyLines, teacherHistoryLines } from '../printing/runs/index.js';
import { withCoordinator } from '../session/index.js';

/** Number of points for people; programs ask for as many as they need. */
const DEFAULT_POINTS = 20;

interface HistoryOptions {
  readonly points: number;
  readonly from: number;
  readonly to: number;
  readonly teachers?: true;
}

export function addHistory(program: Command): void {
  program
    .command('history')
    .description(
      "show a run's losses by term, learning rate, gradient norm, rate and waiting over its steps",
    )
    .argument('<run>', "the run's id")
    .option(
      '--points <n>',
      'at most so many points, each the mean over its steps, up to 512',
      uint32From(1),
      DEFAULT_POINTS,
    )
    .option('--from <step>', 'the first step, from 0', wholeNumber(0), 0)
    .addOption(
      new Option('--to <step>', 'the step after the last')
        .argParser(wholeNumber(1))
        .default(0, 'the newest'),
    )
    .option('--teachers', 'also what the targets were made of, teacher by teacher')
    .addHelpText(
      'after',
      `
Examples:
  coordinator history digits
  coordinator history digits --from 1000 --to 2000
  coordinator history digits --teachers --points 5
  coordinator history digits --points 512 -o json > history.json`,
    )
    .action((runId: string, { points, from, to, teachers }: HistoryOptions, command: Command) => {
      if (to !== 0 && to <= from) {
        throw new LyceumError('INVALID_ARGUMENT', `--to ${to} is not after --from ${from}`);
      }
      return withCoordinator(command, async ({ client, print }) => {
        const history = await client.getHistory({
          runId,
          firstStep: from,
          endStep: to,
          pointCount: points,
        });
        print(history, () => [
          ...historyLines(history, from),
          ...(teachers ? ['', ...teacherHistoryLines(history, from)] : []),
        ]);
      });
    });
}
