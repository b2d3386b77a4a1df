/**
 * A program's user in NATS, in a file: `{"user": "teacher-worker", "password": "…"}`. A file, since arguments show in
 * every process list.
 */
import { readFileSync } from 'node:fs';
import { LyceumError } from '@lyceum/proto';
import { z } from 'zod';

const natsCredentials = z.strictObject({ user: z.string().min(1), password: z.string().min(1) });

export type NatsCredentials = z.output<typeof natsCredentials>;

/**
 * @param file - absolute or below the working folder; undefined: NATS asks for no user, or takes the certificate for it.
 * @throws {LyceumError} INVALID_ARGUMENT, naming the file and never what is in it.
 */
export function natsCredentialsIn(file: string | undefined): NatsCredentials | undefined {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (err) {
    const why = err instanceof Error ? err.message : String(err);
    throw unusable(`${file} cannot be read: ${why}`, err);
  }
  try {
    return natsCredentials.parse(JSON.parse(text));
  } catch {
    // What a parser says may quote the password.
    throw unusable(`${file} is not {"user": "...", "password": "..."}`);
  }
}

function unusable(message: string, cause?: unknown): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `credentials for NATS: ${message}`, { cause });
}
