import { wholeNumber } from '@lyceum/platform/flags';
import { type Command, Option } from 'commander';
import { writeNewFile } from '../files/index.js';
import {
  AGAIN,
  type Again,
  AnswersFile,
  checkPage,
  collectAnswers,
  costsOf,
  estimateCosts,
  judge,
  keptText,
  latestAnswers,
  openImitation,
  RetryNotices,
  readAnswerLines,
  readAskedInputs,
  remarks,
  requireSentAsRead,
  summarise,
} from '../imitation/index.js';
import {
  checkLines,
  collectedLines,
  estimateLines,
  unreadableLines,
} from '../printing/imitation/index.js';
import { pluralText } from '../printing/text/index.js';
import { CommandExit, EXIT, globalOptions, notice, print } from '../session/index.js';
import { addPaidOptions, outsideOf, type PaidOptions, tellingProgress } from './imitation-paid.js';
import { addQuestions } from './imitation-questions.js';
import { type TrainOptions, train } from './imitation-train.js';

interface FolderOption {
  readonly folder?: string;
}

interface CollectOptions extends PaidOptions {
  readonly again?: Again;
}

const HELP = `
The stages run one by one. Each leaves files of JSON lines for the next, which people may read and edit:
  questions lets chats write new inputs after the given ones, and writes questions.jsonl; may be left out
  collect   asks each teacher about each input once, and writes answers.jsonl
  check     judges inputs by the document's rules, and writes kept.jsonl, dropped.jsonl and check.html
  train     pushes what was kept and what was said of it, and submits a run

Examples:
  coordinator imitation questions languages.yaml
  coordinator imitation collect languages.yaml --dry-run
  coordinator imitation collect languages.yaml
  coordinator imitation check languages.yaml
  coordinator imitation train languages.yaml`;

export function addImitation(program: Command, environment: NodeJS.ProcessEnv): void {
  const imitation = program
    .command('imitation')
    .description('teach a student what black boxes answer')
    .addHelpText('after', HELP);
  const stage = (name: string, description: string): Command =>
    imitation
      .command(name)
      .description(description)
      .argument('<file>', 'a document of kind: Imitation')
      .option('--folder <dir>', "where the stages' files lie (imitation-NAME)");
  addQuestions(stage('questions', 'let chats write new inputs after the given ones'), environment);
  addPaidOptions(stage('collect', 'ask every teacher about every input that it has not answered'))
    .addOption(
      new Option(
        '--again <which>',
        'ask again where an answer is unreadable, refused by the server, or truncated, or where answers of a teacher are inconsistent',
      ).choices(AGAIN),
    )
    .addHelpText(
      'after',
      `
Examples:
  coordinator imitation collect languages.yaml --dry-run
  coordinator imitation collect languages.yaml --max-calls 500
  coordinator imitation collect languages.yaml --max-cost 5 --max-cost chat=2.50
  coordinator imitation collect languages.yaml --again unreadable`,
    )
    .action((file: string, options: CollectOptions, command: Command) =>
      collect(file, options, command, environment),
    );
  stage('check', 'judge inputs by the rules of the document')
    .addHelpText('after', '\nExamples:\n  coordinator imitation check languages.yaml')
    .action(check);
  stage('train', 'push what was kept, and submit a run that trains on it')
    .option('--run-id <id>', "the run's id (default: metadata.name)")
    .option('--no-watch', 'return at once')
    .option(
      '--seeds <n>',
      'of spec.train.explanations: pairs of students with and without them, a seed each (default: 1)',
      wholeNumber(1),
    )
    .addHelpText(
      'after',
      `
Where explanations teach, three runs are submitted for each seed: ID-explained, ID-plain and, once the first has
SUCCEEDED, ID. What explanations were worth is printed and kept in worth.json. If it is interrupted, run it
again: it goes on.

Examples:
  coordinator imitation train languages.yaml --no-watch
  coordinator imitation train reasons.yaml --seeds 5`,
    )
    .action(async (path: string, options: TrainOptions & FolderOption, command: Command) =>
      train(path, await openImitation(path, options.folder), options, command),
    );
}

async function collect(
  path: string,
  { dryRun, maxCalls, maxCost: maxCosts = [], again, ...options }: CollectOptions,
  command: Command,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const { output } = globalOptions(command);
  const opened = await openImitation(path, options.folder);
  const { imitation, at } = opened;
  const read = await readAskedInputs(opened);
  requireSentAsRead(imitation, read.inputs);
  const file = await AnswersFile.open(at('answers.jsonl'));
  try {
    const estimate = estimateCosts(imitation, read.inputs, file.answers, file.spent, again);
    if (dryRun === true) {
      print(output, estimate, () => estimateLines(estimate));
      return;
    }
    for (const line of estimateLines(estimate)) notice(line);
    const answered = new Map(estimate.map(({ teacher, answered: own }) => [teacher, own]));
    const tell = (): void =>
      notice(
        estimate
          .map((own) => `${own.teacher} ${answered.get(own.teacher)}/${own.answered + own.open}`)
          .join('   '),
      );
    const collected = await tellingProgress(tell, (signal) =>
      collectAnswers({
        imitation,
        inputs: read.inputs,
        folder: read.folder,
        file,
        again,
        outside: outsideOf(options, environment),
        maxCalls,
        maxCosts,
        signal,
        progress: (own, count) => answered.set(own, (answered.get(own) ?? 0) + count),
        retried: new RetryNotices(notice, () => performance.now()).retried,
        told: (own, text) => notice(`${own}: ${text}`),
      }),
    );
    const { calls, costs, unreadable, failures } = collected;
    const result = {
      calls,
      costs,
      unreadable,
      answered: Object.fromEntries(answered),
      inputs: read.inputs.length,
      failures,
    };
    print(output, result, () => [
      `${pluralText(calls, 'call')}; answers are in ${at('answers.jsonl')}`,
    ]);
    for (const line of collectedLines(costs)) notice(line);
    for (const { teacher, reason } of failures) notice(`${teacher} is not done: ${reason}`);
    for (const line of unreadableLines(unreadable)) notice(line);
    const judgement = judge(imitation, read.inputs, file.answers);
    for (const line of remarks(summarise(imitation, judgement, read.repeated))) notice(line);
    const isLost = unreadable.some(({ left }) => left > 0);
    if (failures.length > 0 || isLost) throw new CommandExit(EXIT.failed);
  } finally {
    await file.close();
  }
}

async function check(path: string, options: FolderOption, command: Command): Promise<void> {
  const opened = await openImitation(path, options.folder);
  const { imitation, at } = opened;
  const read = await readAskedInputs(opened);
  const answerLines = await readAnswerLines(at('answers.jsonl'));
  const judgement = judge(imitation, read.inputs, latestAnswers(answerLines));
  const summary = summarise(imitation, judgement, read.repeated);
  const costs = costsOf(imitation, read.inputs, answerLines);
  const lines = (kept: boolean) =>
    judgement.inputs
      .filter(({ why }) => (why.length === 0) === kept)
      .map(keptText)
      .join('');
  await writeNewFile(at('kept.jsonl'), lines(true), true);
  await writeNewFile(at('dropped.jsonl'), lines(false), true);
  await writeNewFile(at('check.html'), checkPage(summary, judgement.inputs, costs), true);
  print(globalOptions(command).output, { ...summary, costs }, () => [
    ...checkLines(summary, costs),
    `See ${at('check.html')}; what is kept is in ${at('kept.jsonl')}, and why the rest is not in ${at('dropped.jsonl')}`,
  ]);
}
