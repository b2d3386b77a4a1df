import { type Command, Option } from 'commander';
import { type CostsBy, costsBy } from '../comparison/index.js';
import { costLines } from '../printing/index.js';
import { withCoordinator } from '../session/index.js';

export function addCosts(program: Command): void {
  program
    .command('costs')
    .description('what runs have cost their devices: seconds of students and of teachers')
    .addOption(
      new Option('--by <what>', 'what a row is of')
        .choices(['run', 'team', 'teacher'])
        .default('run'),
    )
    .addHelpText(
      'after',
      `
Of a student all seconds of training count, those spent waiting for targets included; of a teacher those that it
computed answers. Runs that wait for the same answers bear equal parts of them; what the store had costs nobody.

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
