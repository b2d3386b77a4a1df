import { rawSamples } from '@lyceum/learning/import';
import { printable, printableJson } from '@lyceum/proto';
import type { Command } from 'commander';
import type { Prediction } from '../predict/index.js';
import { globalOptions } from '../session/index.js';

export function addPredict(program: Command): void {
  program
    .command('predict')
    .description('classify texts or rows with a student that was pulled to a folder')
    .argument('<folder>', 'as coordinator pull writes it')
    .argument('[file]', 'a text a line; rows as JSON lines, or .csv; default: standard input')
    .addHelpText(
      'after',
      `
Prints the likeliest class and its probability for each sample, in order; with -o json a JSON object a line. Needs no cluster.

Examples:
  coordinator pull languages --out ./languages
  echo 'Guten Morgen' | coordinator predict ./languages
  coordinator predict ./income ./people.csv`,
    )
    .action(async (folder: string, file: string | undefined, _: unknown, command: Command) => {
      // Here and not above: no other command loads the runtime.
      const { StudentFolder } = await import('../predict/student-folder.js');
      const { output } = globalOptions(command);
      const student = await StudentFolder.open(folder);
      try {
        const samples = rawSamples(student.encoding, file ?? process.stdin);
        for await (const predictions of student.predictions(samples)) {
          process.stdout.write(predictions.map((one) => `${line(one, output)}\n`).join(''));
        }
      } finally {
        await student.close();
      }
    });
}

function line(prediction: Prediction, output: string): string {
  const { label, probability } = prediction;
  if (output === 'table') return `${printable(label)}\t${probability.toFixed(4)}`;
  // A line of a YAML list, which may hold JSON.
  return `${output === 'yaml' ? '- ' : ''}${printableJson(JSON.stringify(prediction))}`;
}
