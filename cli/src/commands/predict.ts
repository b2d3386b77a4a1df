import type { Encoding } from '@lyceum/learning/datasets';
import { givenPictures, IMAGE_FITS, type ImageFit, rawSamples } from '@lyceum/learning/import';
import { LyceumError, printable, printableJson } from '@lyceum/proto';
import { type Command, Option } from 'commander';
import type { Prediction, StudentInput } from '../predict/index.js';
import { globalOptions } from '../session/index.js';

interface PredictOptions {
  readonly fit?: ImageFit;
  readonly text?: string;
}

export function addPredict(program: Command): void {
  program
    .command('predict')
    .description('classify texts, rows or pictures with a student that was pulled to a folder')
    .argument('<folder>', 'as coordinator pull writes it')
    .argument(
      '[files...]',
      'a text a line; rows as JSON lines, .csv, .json, .parquet; pictures. Default: standard input, of texts and rows',
    )
    .addOption(
      new Option(
        '--fit <how>',
        "a picture of another shape than the set's: cut, padded, distorted (cover)",
      ).choices(IMAGE_FITS),
    )
    .option('--text <column>', 'of a table with texts: their column; a text a line without it')
    .addHelpText(
      'after',
      `
Prints the likeliest class and its probability for each sample, in order; for pictures the file's name comes first. With
-o json it prints a JSON object a line. Needs no cluster. Pictures are scaled and turned as a push does it; give --fit as
it was at the push.

Examples:
  coordinator pull languages --out ./languages
  echo 'Guten Morgen' | coordinator predict ./languages
  coordinator predict ./reviews ./new.csv --text review
  coordinator predict ./income ./people.csv
  coordinator predict ./pets ./new/*.jpg`,
    )
    .action(async (folder: string, files: string[], options: PredictOptions, command: Command) => {
      // Imported here: no other command loads the runtime.
      const { StudentFolder, encodedSamples } = await import('../predict/student-folder.js');
      const { output } = globalOptions(command);
      const student = await StudentFolder.open(folder);
      try {
        const { takes } = student;
        const samples =
          'encoding' in takes
            ? encodedSamples(takes.encoding, rawSamplesOf(takes.encoding, files, options.text))
            : givenPictures(someFiles(files), takes.pictures, options.fit);
        for await (const predictions of student.predictions(samples)) {
          const lines = predictions.map((one) => `${line(one, takes, output)}\n`);
          process.stdout.write(lines.join(''));
        }
      } finally {
        await student.close();
      }
    });
}

async function* rawSamplesOf(encoding: Encoding, files: readonly string[], text?: string) {
  if (text !== undefined && encoding.kind !== 'text') {
    throw new LyceumError('INVALID_ARGUMENT', '--text: this student takes rows, not texts');
  }
  if (files.length === 0) yield* rawSamples(encoding, process.stdin, text);
  for (const file of files) yield* rawSamples(encoding, file, text);
}

function someFiles(files: readonly string[]): readonly string[] {
  if (files.length > 0) return files;
  throw new LyceumError('INVALID_ARGUMENT', 'this student takes pictures: name their files');
}

/** A name for a line whose parts are separated by tabs. */
function cellText(text: string): string {
  return printable(text.replaceAll(/[\t\n]/g, ' '));
}

function line(
  { where, label, probability }: Prediction,
  takes: StudentInput,
  output: string,
): string {
  const isPicture = 'pictures' in takes;
  if (output === 'table') {
    const cells = [
      ...(isPicture ? [cellText(where)] : []),
      cellText(label),
      probability.toFixed(4),
    ];
    return cells.join('\t');
  }
  const shown = { ...(isPicture && { file: where }), label, probability };
  // Each line is an entry of a YAML list, which may be JSON.
  return `${output === 'yaml' ? '- ' : ''}${printableJson(JSON.stringify(shown))}`;
}
