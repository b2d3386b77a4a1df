import { ALL_RULES, parseRule } from '@lyceum/learning/ensemble';
import type { Command } from 'commander';
import { ensembleLines } from '../printing/index.js';
import { withCoordinator } from '../session/index.js';

interface EvaluateOptions {
  readonly teachers: string[];
  readonly dataset: string;
  readonly split: string;
  readonly rules: string[];
}

export function addEnsemble(program: Command): void {
  const ensemble = program
    .command('ensemble')
    .description('what teachers are worth together, before a student is trained');
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

Where a set has several modalities and a model's settings name none, or another than is meant, say it: MODEL@MODALITY.

Rules of all: ${ALL_RULES.join(', ')}

Examples:
  coordinator ensemble evaluate --teachers wide,deep,noisy --dataset digits
  coordinator ensemble evaluate --teachers wide,run:deep --dataset digits --rules arithmetic,mixture-em -o json`,
    )
    .action((options: EvaluateOptions, command: Command) =>
      withCoordinator(command, async ({ client, print, notice, signal }) => {
        // A typing error is told before anybody is asked.
        for (const rule of options.rules) if (rule !== 'all') parseRule(rule);
        const table = await client.evaluateEnsemble(options, { signal, onWaiting: notice });
        print(table, () => ensembleLines(table));
      }),
    );
}

function listed(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
