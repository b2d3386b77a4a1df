/** What flags of the program may say, read. Pure. */
import { InvalidArgumentError } from 'commander';

/** No inference takes longer than an hour. */
const LOOKUP_DELAY_MAX_MS = 3_600_000;

export function milliseconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= LOOKUP_DELAY_MAX_MS)) {
    throw new InvalidArgumentError(`want milliseconds from 0 to ${LOOKUP_DELAY_MAX_MS}`);
  }
  return value;
}
