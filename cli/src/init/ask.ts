/** Asks questions on a terminal. They go to stderr, because stdout takes the document. */
import { createInterface } from 'node:readline/promises';
import { printable, toLyceumError } from '@lyceum/proto';
import { CommandExit, EXIT } from '../session/index.js';
import { chosen } from './choices.js';

/** Number of choices that are listed; the user may name the others too. */
const SHOWN_MAX_COUNT = 20;

export interface Question {
  readonly text: string;
  /** By name, with a description. */
  readonly choices: ReadonlyMap<string, { readonly description: string | undefined }>;
  /** Whether names that are not listed are taken too. */
  readonly isOpen: boolean;
  /** Choices for an empty answer; undefined: the question is asked again. */
  readonly fallback: readonly string[] | undefined;
  readonly atMost: number;
}

/**
 * Asks again until the answer can be used.
 *
 * @throws {CommandExit} 130 after Ctrl-C or Ctrl-D.
 */
export async function ask(question: Question, signal: AbortSignal): Promise<string[]> {
  const { text, choices, isOpen, fallback, atMost } = question;
  const names = [...choices.keys()];
  const lines = names.slice(0, SHOWN_MAX_COUNT).map((name, index) => {
    const description = choices.get(name)?.description;
    return `  ${String(index + 1).padStart(2)}  ${name}${description === undefined ? '' : `  ${description}`}`;
  });
  if (names.length > SHOWN_MAX_COUNT)
    lines.push(`      and ${names.length - SHOWN_MAX_COUNT} more`);
  for (const line of lines) process.stderr.write(`${printable(line)}\n`);
  const input = createInterface({ input: process.stdin, output: process.stderr });
  // While the interface reads, it takes all keys: Ctrl-C closes it and sends no signal.
  const closed = new AbortController();
  input.once('close', () => closed.abort());
  const until = AbortSignal.any([signal, closed.signal]);
  try {
    for (;;) {
      const hint = fallback === undefined ? '' : ` [${fallback.join(', ') || 'none'}]`;
      const answer = await input.question(`${text}${hint}: `, { signal: until });
      if (answer.trim() === '' && fallback !== undefined) return [...fallback];
      try {
        const taken = chosen(answer, names, isOpen);
        if (taken.length >= 1 && taken.length <= atMost) return taken;
        process.stderr.write(atMost === 1 ? 'want one\n' : `want 1 to ${atMost}\n`);
      } catch (err) {
        process.stderr.write(`${printable(toLyceumError(err).message)}\n`);
      }
    }
  } catch (err) {
    if (!closed.signal.aborted) throw err;
    process.stderr.write('\n');
    throw new CommandExit(EXIT.interrupted);
  } finally {
    input.close();
  }
}
