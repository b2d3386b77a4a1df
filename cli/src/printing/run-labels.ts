/** `--label NAME=VALUE`: runs by a label of their specification's metadata. */
import { InvalidArgumentError } from 'commander';

/** For options. @returns the text, as a request for runs has it. */
export function labelSelector(text: string): string {
  if (text.indexOf('=') > 0) return text;
  throw new InvalidArgumentError('want NAME=VALUE, as in sweep=digits.');
}
