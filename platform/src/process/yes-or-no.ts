/** Variables of the environment that say yes or no. */
import { LyceumError } from '@lyceum/proto';

const YES: readonly string[] = ['true', '1', 'yes', 'on'];
const NO: readonly string[] = ['', 'false', '0', 'no', 'off'];

/**
 * @returns false if the variable is not set.
 * @throws {LyceumError} INVALID_ARGUMENT if the value is another word: guessing might allow what was to be forbidden.
 */
export function isYes(variable: string, env: NodeJS.ProcessEnv): boolean {
  const text = (env[variable] ?? '').trim().toLowerCase();
  if (YES.includes(text)) return true;
  if (NO.includes(text)) return false;
  const message = `${variable} is ${JSON.stringify(env[variable])}; want true or false`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}
