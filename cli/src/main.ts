#!/usr/bin/env node
/** The `coordinator` program. The only file that reads the environment, and that ends the process. */
import { fileError } from '@lyceum/platform';
import { printable } from '@lyceum/proto';
import { CommanderError } from 'commander';
import { hanging } from './printing/text/index.js';
import { programFor } from './program.js';
import { EXIT, exitOf, painter } from './session/index.js';

// `coordinator list | head` closes the pipe: nobody is left to tell.
process.stdout.on('error', (err: NodeJS.ErrnoException) => {
  if (err.code === 'EPIPE') process.exit(EXIT.ok);
  const { message } = fileError('write', 'standard output', err) ?? err;
  process.stderr.write(`${coloured(`error: ${message}`)}\n`);
  process.exit(EXIT.failed);
});
process.stderr.on('error', () => undefined);

try {
  const program = await programFor(process.argv.slice(2), process.env);
  await program.parseAsync(process.argv);
} catch (err) {
  if (err instanceof CommanderError) {
    // Commander has printed what is wrong, or the help or version that was asked for.
    process.exitCode = err.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else {
    const { exitCode, text } = exitOf(err);
    if (text !== '') process.stderr.write(`${coloured(printable(hanging(text)))}\n`);
    process.exitCode = exitCode;
  }
}

function coloured(text: string): string {
  return text.replace(/^error:/, (mark) => painter(process.stderr)('red', mark));
}
