import { WORTH_MARGIN, type WorthSplit } from '@lyceum/dashboard/report';
import { ALL_RULES, parseRule } from '@lyceum/learning/ensemble';
import { numberFrom, wholeNumber } from '@lyceum/platform/flags';
import { type Command, Option } from 'commander';
import { addPrice, checkWorth, type TeacherPrice, teacherWorth } from '../comparison/index.js';
import { ensembleLines, teacherWorthLines } from '../printing/index.js';
import { CommandExit, EXIT, withCoordinator } from '../session/index.js';
import { studentsWithout } from '../sweep/index.js';

interface EvaluateOptions {
  readonly teachers: string[];
  readonly dataset: string;
  readonly split: string;
  readonly rules: string[];
}

export function addEnsemble(program: Command): void {
  const ensemble = program
    .command('ensemble')
    .description('what teachers are worth, together and each alone');
  ensemble
    .command('evaluate')
    .description('measure each teacher, each rule, and each ensemble without one teacher')
    .requiredOption('--teachers <a,b,…>', 'pushed models, or run:ID, in ensemble order', listed)
    .requiredOption('--dataset <name>', 'a pushed set')
    .option('--split <split>', 'train, validation or test', 'test')
    .option('--rules <all|a,b,…>', 'RULE, RULE:WEIGHTING, either with +calibrate', listed, ['all'])
    .addHelpText(
      'after',
      `
Answers that are stored are used; for others the teachers are asked, by whichever teacher workers are there.
Rules and calibration that have to be fitted are fitted on the validation split.

If a set has several modalities, MODEL@MODALITY names the one for a model whose settings name none, or another.

Rules of all: ${ALL_RULES.join(', ')}

Examples:
  coordinator ensemble evaluate --teachers wide,deep,noisy --dataset digits
  coordinator ensemble evaluate --teachers wide,run:deep --dataset digits --rules arithmetic,mixture-em -o json`,
    )
    .action((options: EvaluateOptions, command: Command) =>
      withCoordinator(command, async ({ client, print, notice, signal }) => {
        // Reports a typing error before any teacher is asked.
        for (const rule of options.rules) if (rule !== 'all') parseRule(rule);
        const table = await client.evaluateEnsemble(options, { signal, onWaiting: notice });
        print(table, () => ensembleLines(table));
      }),
    );
  addWorth(ensemble);
}

interface WorthOptions {
  readonly split: WorthSplit;
  /** In percentage points. */
  readonly margin: number;
  readonly price?: readonly TeacherPrice[];
  readonly students?: true;
  readonly seeds: number;
}

function addWorth(ensemble: Command): void {
  ensemble
    .command('worth')
    .description(
      "tell what each teacher of a run cost, and what the run's ensemble loses without it",
    )
    .argument('<run>', 'the id of a run that SUCCEEDED, with at least two teachers')
    .addOption(
      new Option('--split <split>', 'split on which losses are measured')
        .choices(['test', 'validation'])
        .default('test'),
    )
    .option(
      '--margin <points>',
      'a teacher is said to be dispensable if the loss of accuracy stays below so many points',
      numberFrom(0, 100),
      100 * WORTH_MARGIN,
    )
    .option(
      '--price <teacher=amount>',
      "what an hour of a teacher's device costs; may be repeated",
      addPrice,
    )
    .option('--students', 'also train students without each teacher, and compare them')
    .addOption(
      new Option('--seeds <count>', 'with --students: paired seeds')
        .argParser(wholeNumber(2))
        .default(3)
        .implies({ students: true }),
    )
    .addHelpText(
      'after',
      `
Losses are computed from stored answers, when the run ends: no teacher is asked again. A fitted rule is fitted again
without the teacher, on the validation split; losses on that split look smaller than they are. Intervals are of 95 %:
of the ensemble's loss over samples (Bonett and Price 2012), of the students' over seeds (Student's t).

--students submits the run again for each seed, with all teachers and without each of them, as RUN-all-seed2 and
RUN-without-TEACHER-seed1, …, and waits for these runs. The same command again continues with the runs that exist.

Examples:
  coordinator ensemble worth digits
  coordinator ensemble worth digits --price wide=2.5 --price lenet=0.4 --margin 0.2
  coordinator ensemble worth digits --students --seeds 10 -o json`,
    )
    .action((runId: string, options: WorthOptions, command: Command) =>
      withCoordinator(command, async (context) => {
        const { client, print } = context;
        const { split, price: prices = [], students, seeds } = options;
        const margin = options.margin / 100;
        const report = await client.getReport(runId);
        checkWorth(report, prices);
        const losses = students ? await studentsWithout(context, report, seeds) : [];
        const runs = await client.listRuns();
        const worth = teacherWorth(report, runs, { split, margin, prices }, losses);
        print(worth, () => teacherWorthLines(worth));
        if (losses.some((loss) => 'missing' in loss)) throw new CommandExit(EXIT.failed);
      }),
    );
}

function listed(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
