/** What flags of the program may say, read. Pure. */
import { type GpuFlag, parseAllowedAddresses, parseGpuFlag } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import { InvalidArgumentError, Option } from 'commander';

/** No inference takes longer than an hour. */
const LOOKUP_DELAY_MAX_MS = 3_600_000;

export function flag(name: string, description: string, variable: string): Option {
  return new Option(name, description).env(variable);
}

export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('want a whole number above 0');
  return Number(text);
}

export function device(text: string): GpuFlag {
  const wanted = parseGpuFlag(text);
  if (wanted === undefined) throw new InvalidArgumentError('want auto, cpu, cuda or cuda:N');
  return wanted;
}

export function allowedAddresses(text: string): string[] {
  try {
    return parseAllowedAddresses(text);
  } catch (thrown) {
    throw new InvalidArgumentError(toLyceumError(thrown).message);
  }
}

export function milliseconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= LOOKUP_DELAY_MAX_MS)) {
    throw new InvalidArgumentError(`want milliseconds from 0 to ${LOOKUP_DELAY_MAX_MS}`);
  }
  return value;
}
