import { type Command, Option } from 'commander';
import { type CostsBy, costsBy } from '../comparison/index.js';
import { costLines } from '../printing/index.js';
import { withCoordinator } from '../session/index.js';

export function addCosts(program: Command): void {
  program
    .command('costs')
    .description('device time of runs: seconds of students and of teachers')
    .addOption(
      new Option('--by <what>', 'what makes a row')
        .choices(['run', 'team', 'teacher'])
        .default('run'),
    )
    .addHelpText(
      'after',
      `
A student's seconds are all of its training, waiting for targets included; a teacher's are those in which it computed
answers. Runs that wait for the same answers share their cost equally; stored answers cost nothing.

Examples:
  coordinator costs
  coordinator costs --by team
  coordinator costs --by teacher -o json`,
    )
    .action(({ by }: { by: CostsBy }, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const rows = costsBy(await client.listRuns(), by);
        print(rows, () => costLines(rows, by));
      }),
    );
}
