import { InvalidArgumentError } from 'commander';

/** The argument of `--label`: `NAME=VALUE`, as a request for runs has it. */
export function labelSelector(text: string): string {
  if (text.indexOf('=') > 0) return text;
  throw new InvalidArgumentError('want NAME=VALUE, as in sweep=digits.');
}
