import { specificationDigest } from '@lyceum/learning/specification';
import type { Command } from 'commander';
import { addSetting, readSpecificationFile, type Setting, sourceName } from '../files/index.js';
import { globalOptions, print } from '../session/index.js';

export function addValidate(program: Command): void {
  program
    .command('validate')
    .description('check a specification offline and show it with every default filled in')
    .argument('<file>', 'specification in YAML or JSON; - reads standard input')
    .option('--set <path=value>', 'change a field before checking; may be repeated', addSetting)
    .addHelpText(
      'after',
      `
Whether models and data sets exist and fit is known to the coordinator only: see submit --dry-run.

Examples:
  coordinator validate digits.yaml
  coordinator validate digits.yaml -o yaml > digits-full.yaml`,
    )
    .action(async (file: string, options: { set?: Setting[] }, command: Command) => {
      const { specification } = await readSpecificationFile(file, options.set ?? [], process.stdin);
      print(globalOptions(command).output, specification, () => [
        `${sourceName(file)} is a valid ${specification.kind}, ${specification.metadata.name}, of digest ${specificationDigest(specification).slice(0, 12)}`,
      ]);
    });
}
