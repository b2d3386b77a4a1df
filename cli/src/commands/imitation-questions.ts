/** `coordinator imitation questions`: chats write new inputs. */
import { toLyceumError } from '@lyceum/proto';
import type { Command } from 'commander';
import {
  estimateWriting,
  openImitation,
  openWriting,
  QuestionsFile,
  RetryNotices,
  readAnswers,
  readImitationInputs,
  writeQuestions,
} from '../imitation/index.js';
import { writingCostLines, writingLines, writtenLines } from '../printing/imitation/index.js';
import { CommandExit, EXIT, globalOptions, notice, print } from '../session/index.js';
import { addPaidOptions, outsideOf, type PaidOptions, tellingProgress } from './imitation-paid.js';

export function addQuestions(stage: Command, environment: NodeJS.ProcessEnv): void {
  addPaidOptions(stage)
    .addHelpText(
      'after',
      `
Examples:
  coordinator imitation questions languages.yaml --dry-run
  coordinator imitation questions languages.yaml --max-cost 5`,
    )
    .action((file: string, options: PaidOptions, command: Command) =>
      questions(file, options, command, environment),
    );
}

async function questions(
  path: string,
  { dryRun, maxCalls, maxCost: maxCosts = [], ...options }: PaidOptions,
  command: Command,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const { output } = globalOptions(command);
  const { imitation, base, at } = await openImitation(path, options.folder);
  const { inputs, classes } = imitation.spec;
  const read = await readImitationInputs(inputs, classes, base);
  const answers = await readAnswers(at('answers.jsonl')).catch(noneIfNotThere);
  const writing = openWriting(path, imitation, read.inputs, answers);
  const file = await QuestionsFile.open(at('questions.jsonl'));
  try {
    const estimate = estimateWriting(writing, file.lines, file.spent);
    if (dryRun === true) {
      print(output, estimate, () => writingLines(estimate));
      return;
    }
    for (const line of writingLines(estimate)) notice(line);
    const written = new Map(estimate.map((own) => [own.teacher, own.written]));
    const tell = (): void => notice([...written].map(([own, n]) => `${own} ${n}`).join('   '));
    const result = await tellingProgress(tell, (signal) =>
      writeQuestions({
        imitation,
        writing,
        inputs: read.inputs,
        file,
        outside: outsideOf(options, environment),
        maxCalls,
        maxCosts,
        signal,
        progress: (own, kept) => written.set(own, (written.get(own) ?? 0) + kept),
        retried: new RetryNotices(notice, () => performance.now()).retried,
      }),
    );
    print(output, result, () => writtenLines(result, at('questions.jsonl')));
    for (const line of writingCostLines(result.costs)) notice(line);
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
