import { toLyceumError } from '@lyceum/proto';
import type { Command } from 'commander';
import { CoordinatorClient } from '../client/index.js';
import { globalOptions, interruptible, print, tlsOf } from '../session/index.js';
import { VERSION } from '../version.js';

export function addVersion(program: Command): void {
  program
    .command('version')
    .description('show the version of this program, and of the coordinator where one answers')
    .addHelpText(
      'after',
      `
It is not an error if no coordinator answers; doctor says why.

Examples:
  coordinator version
  coordinator version -o json`,
    )
    .action(async (_options: unknown, command: Command) => {
      const globals = globalOptions(command);
      const client = new CoordinatorClient(globals.coordinator, tlsOf(globals));
      try {
        const { version, error } = await interruptible((signal) => answered(client, signal));
        const document = {
          client: { version: VERSION, node: process.version },
          coordinator: { address: globals.coordinator, version, error },
        };
        print(globals.output, document, () => [
          `client       ${VERSION}  node ${process.version}`,
          `coordinator  ${version === null ? `- ${error}` : `${version}  at ${globals.coordinator}`}`,
        ]);
      } finally {
        client.close();
      }
    });
}

interface Answered {
  readonly version: string | null;
  readonly error: string | null;
}

async function answered(client: CoordinatorClient, signal: AbortSignal): Promise<Answered> {
  try {
    return { version: await client.version({ signal }), error: null };
  } catch (err) {
    return { version: null, error: toLyceumError(err).message };
  }
}
