import { reportJsonSchema } from '@lyceum/coordinator/documents';
import {
  endpointJsonSchema,
  imitationJsonSchema,
  runSpecificationJsonSchema,
} from '@lyceum/learning/specification';
import { Argument, type Command } from 'commander';
import { globalOptions, print } from '../session/index.js';

const SCHEMAS = {
  run: runSpecificationJsonSchema,
  imitation: imitationJsonSchema,
  endpoint: endpointJsonSchema,
  report: reportJsonSchema,
};

export function addSchema(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of a document, for editors and other programs')
    .addArgument(
      new Argument('[document]', 'what people write, or a report as it is printed')
        .choices(Object.keys(SCHEMAS))
        .default('run'),
    )
    .addHelpText(
      'after',
      `
What must hold between the fields of a document is checked by validate, not by the schema.

Examples:
  coordinator schema > run.schema.json
  coordinator schema endpoint -o yaml`,
    )
    .action((document: keyof typeof SCHEMAS, _options, command: Command) => {
      const { output } = globalOptions(command);
      print(output === 'yaml' ? 'yaml' : 'json', SCHEMAS[document](), () => []);
    });
}
