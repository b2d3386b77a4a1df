/** `coordinator imitation questions`: chats write new inputs. */
import { AddressGuard, ALL_ADDRESSES, secretPlaces } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import type { Command } from 'commander';
import {
  estimateWriting,
  openImitation,
  openWriting,
  QuestionsFile,
  readAnswers,
  readImitationInputs,
  type WrittenQuestions,
  writeQuestions,
} from '../imitation/index.js';
import { writingLines, writtenLines } from '../printing/index.js';
import {
  CommandExit,
  EXIT,
  globalOptions,
  interruptible,
  notice,
  print,
  wholeNumber,
} from '../session/index.js';

interface QuestionsOptions {
  readonly folder?: string;
  readonly dryRun?: true;
  readonly maxCalls?: number;
  readonly secretsDir?: string;
}

export function addQuestions(stage: Command, environment: NodeJS.ProcessEnv): void {
  stage
    .option('--dry-run', 'say what it will cost, and ask nobody')
    .option(
      '--max-calls <n>',
      'make at most so many HTTP requests, repeated ones included',
      wholeNumber(1),
    )
    .option(
      '--secrets-dir <folder>',
      'has a file for each secret; else variables LYCEUM_SECRET_NAME',
    )
    .addHelpText(
      'after',
      `
Examples:
  coordinator imitation questions languages.yaml --dry-run
  coordinator imitation questions languages.yaml --max-calls 500`,
    )
    .action((file: string, options: QuestionsOptions, command: Command) =>
      questions(file, options, command, environment),
    );
}

/** How often progress is told. */
const TELL_MS = 5_000;

async function questions(
  path: string,
  { dryRun, maxCalls, secretsDir, folder }: QuestionsOptions,
  command: Command,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const { output } = globalOptions(command);
  const { imitation, base, at } = await openImitation(path, folder);
  const { inputs, classes } = imitation.spec;
  const read = await readImitationInputs(inputs, classes, base);
  const answers = await readAnswers(at('answers.jsonl')).catch(noneIfNotThere);
  const writing = openWriting(imitation, read.inputs, answers);
  const file = await QuestionsFile.open(at('questions.jsonl'));
  try {
    const estimate = estimateWriting(writing, file.lines);
    if (dryRun === true) {
      print(output, estimate, () => writingLines(estimate));
      return;
    }
    for (const line of writingLines(estimate)) notice(line);
    const written = new Map(estimate.map((own) => [own.teacher, own.written]));
    const tell = (): void => notice([...written].map(([own, n]) => `${own} ${n}`).join('   '));
    const timer = setInterval(tell, TELL_MS);
    let result: WrittenQuestions;
    try {
      result = await interruptible(
        (signal) =>
          writeQuestions({
            writing,
            inputs: read.inputs,
            file,
            // The document, the secrets and this machine are the user's own.
            outside: {
              secrets: secretPlaces(secretsDir, environment, 'anywhere'),
              addresses: new AddressGuard([ALL_ADDRESSES]),
            },
            maxCalls,
            signal,
            progress: (own, kept) => written.set(own, (written.get(own) ?? 0) + kept),
            retried: (own, reason, ms) =>
              notice(`${own}: ${reason}; again in ${(ms / 1000).toFixed(1)} s`),
          }),
        // Either way calls under way, which are paid for, are waited for.
        ['SIGINT', 'SIGTERM'],
      );
    } finally {
      clearInterval(timer);
    }
    tell();
    print(output, result, () => writtenLines(result, at('questions.jsonl')));
    for (const { teacher, reason } of result.failures) notice(`${teacher} is not done: ${reason}`);
    if (result.failures.length > 0) throw new CommandExit(EXIT.failed);
  } finally {
    await file.close();
  }
}

function noneIfNotThere(err: unknown): Awaited<ReturnType<typeof readAnswers>> {
  if (toLyceumError(err).code !== 'NOT_FOUND') throw err;
  return new Map();
}
