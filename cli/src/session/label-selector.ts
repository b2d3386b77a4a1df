import { InvalidArgumentError } from 'commander';

/** Checks the argument of `--label`: `NAME=VALUE`, as requests for runs take it. */
export function labelSelector(text: string): string {
  if (text.indexOf('=') > 0) return text;
  throw new InvalidArgumentError('want NAME=VALUE, as in sweep=digits.');
}
