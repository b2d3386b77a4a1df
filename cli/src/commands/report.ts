import { modelCard, reportPage } from '@lyceum/dashboard/report';
import type { Command } from 'commander';
import { refuseExisting, writeNewFile } from '../files/index.js';
import { reportLines } from '../printing/index.js';
import { lossLine } from '../printing/runs/index.js';
import { gatherReport, writeEvents } from '../report/index.js';
import { withCoordinator } from '../session/index.js';

/** All steps, in as many points as fit into a line. */
const WHOLE_RUN = { firstStep: 0, endStep: 0, pointCount: 40 };

interface ReportOptions {
  readonly predictions?: string;
  readonly html?: string;
  readonly markdown?: string;
  readonly tensorboard?: string;
  readonly force?: true;
}

export function addReport(program: Command): void {
  program
    .command('report')
    .description(
      'show what a run measured: teachers, ensemble, student, and the student without them',
    )
    .argument('<run>', "the run's id")
    .option('--predictions <file.npz>', 'also write what every model said about the test split')
    .option('--html <file.html>', 'also write it as a page: one file with curves and examples')
    .option('--markdown <file.md>', "also write it as a model card in Hugging Face's format")
    .option(
      '--tensorboard <dir>',
      'also write its history and figures as an event file of TensorBoard, into DIR/RUN',
    )
    .option('--force', 'overwrite the files')
    .addHelpText(
      'after',
      `
Examples:
  coordinator report digits
  coordinator report digits -o json > report.json
  coordinator report digits --predictions predictions.npz
  coordinator report digits --html report.html --markdown README.md
  coordinator report digits --tensorboard logs    # then: tensorboard --logdir logs`,
    )
    .action((runId: string, options: ReportOptions, command: Command) =>
      withCoordinator(command, async ({ client, globals, print, notice, signal }) => {
        const { predictions, html, markdown, tensorboard, force = false } = options;
        for (const file of [predictions, html, markdown]) {
          if (file !== undefined && !force) await refuseExisting(file);
        }
        const write = async (file: string, content: Uint8Array | string) => {
          await writeNewFile(file, content, force);
          notice(`wrote ${file}`);
        };
        const report = await client.getReport(runId);
        if (predictions !== undefined) {
          await write(predictions, await client.getPredictions(runId, { signal }));
        }
        if ([html, markdown, tensorboard].some((wanted) => wanted !== undefined)) {
          const input = await gatherReport(client, report);
          if (html !== undefined) await write(html, reportPage(input));
          if (markdown !== undefined) await write(markdown, modelCard(input));
          if (tensorboard !== undefined) {
            notice(`wrote ${await writeEvents(tensorboard, runId, input, Date.now())}`);
          }
        }
        const isRead = globals.output === 'table';
        const loss = isRead ? lossLine(await client.getHistory({ runId, ...WHOLE_RUN })) : [];
        print(report, () => [...reportLines(report), ...loss]);
      }),
    );
}
