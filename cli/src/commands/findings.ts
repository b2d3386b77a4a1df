import { LyceumError } from '@lyceum/proto';
import type { Command } from 'commander';
import { findingsLines } from '../printing/index.js';
import { withCoordinator } from '../session/index.js';

export function addFindings(program: Command): void {
  program
    .command('findings')
    .description("show what a run's student confuses, and how far its confidence can be trusted")
    .argument('<run>', "the run's id")
    .option(
      '--model <name>',
      'student, ensemble, studentWithoutTeachers, studentAllLabels or teacher.NAME',
      'student',
    )
    .addHelpText(
      'after',
      `
On the test split. -o json gives everything for all models: confusion matrices, reliability and the samples on which
student and ensemble differ most.

Examples:
  coordinator findings digits
  coordinator findings digits --model teacher.wide
  coordinator findings digits -o json > findings.json`,
    )
    .action((runId: string, options: { model: string }, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const findings = await client.getFindings(runId);
        const model = findings.models.find(({ name }) => name === options.model);
        if (model === undefined) {
          const known = findings.models.map(({ name }) => name).join(', ');
          const message = `run ${runId} has no model ${options.model}; it has ${known}`;
          throw new LyceumError('NOT_FOUND', message);
        }
        print(findings, () => findingsLines(findings, model));
      }),
    );
}
