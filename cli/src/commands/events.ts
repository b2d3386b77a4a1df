/** `events`: what happened to a run. */
import { printable, printableJson, type RunEvent } from '@lyceum/proto';
import type { Command } from 'commander';
import { indented, timeText } from '../printing/text/index.js';
import { withCoordinator } from '../session/index.js';

export function addEvents(program: Command): void {
  program
    .command('events')
    .description("list a run's recorded events, oldest first")
    .argument('<run>', "the run's id")
    .option('--follow', 'go on with new ones until the run ends')
    .addHelpText(
      'after',
      `
Examples:
  coordinator events digits
  coordinator events digits --follow -o json`,
    )
    .action((runId: string, options: { follow?: true }, command: Command) =>
      withCoordinator(command, async ({ client, globals, signal }) => {
        const events = client.listEvents(runId, { follow: options.follow === true, signal });
        for await (const event of events) process.stdout.write(eventText(event, globals.output));
      }),
    );
}

/** One line each, so that they can be read as they come: with -o json one object, with -o yaml one document. */
function eventText(event: RunEvent, format: 'table' | 'json' | 'yaml'): string {
  const at = timeText(event.atMs) ?? '';
  if (format === 'table') {
    return `${printable(indented(`${at}  ${event.kind.padEnd(18)}  ${event.message}`))}\n`;
  }
  const data: unknown = event.dataJson === '' ? {} : JSON.parse(event.dataJson);
  const { runId, kind, message } = event;
  const line = printableJson(JSON.stringify({ at, runId, kind, message, data }));
  return format === 'json' ? `${line}\n` : `--- ${line}\n`;
}
