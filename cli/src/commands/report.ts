import type { Command } from 'commander';
import { writeNewFile } from '../files/index.js';
import { lossLine, reportLines } from '../printing/index.js';
import { withCoordinator } from '../session/index.js';

/** As many points as a line has room for. */
const WHOLE_RUN = { firstStep: 0, endStep: 0, pointCount: 40 };

export function addReport(program: Command): void {
  program
    .command('report')
    .description(
      'show what a run measured: teachers, ensemble, student, and the student without them',
    )
    .argument('<run>', "the run's id")
    .option('--predictions <file.npz>', 'also write what every model said about the test split')
    .option('--force', 'overwrite the file')
    .addHelpText(
      'after',
      `
Examples:
  coordinator report digits
  coordinator report digits -o json > report.json
  coordinator report digits --predictions predictions.npz`,
    )
    .action((runId: string, options: { predictions?: string; force?: true }, command: Command) =>
      withCoordinator(command, async ({ client, globals, print, notice, signal }) => {
        const report = await client.getReport(runId);
        if (options.predictions !== undefined) {
          const bytes = await client.getPredictions(runId, { signal });
          await writeNewFile(options.predictions, bytes, options.force === true);
          notice(`wrote ${options.predictions}`);
        }
        const isRead = globals.output === 'table';
        const loss = isRead ? lossLine(await client.getHistory({ runId, ...WHOLE_RUN })) : [];
        print(report, () => [...reportLines(report), ...loss]);
      }),
    );
}
