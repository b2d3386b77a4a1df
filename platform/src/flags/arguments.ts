/**
 * Arguments of flags, read for commander. A function here is an option's `argParser`: it throws InvalidArgumentError,
 * which commander prints after the flag's name and the given argument. Pure.
 */
import { toLyceumError } from '@lyceum/proto';
import { InvalidArgumentError } from 'commander';
import { parseAllowedAddresses } from '../outside/index.js';
import { parseAddress } from '../process/index.js';

type Read<T> = (text: string) => T;

/** Only decimal digits are accepted. */
export function wholeNumber(least: number, greatest = Number.MAX_SAFE_INTEGER): Read<number> {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= greatest) return value;
    throw new InvalidArgumentError(`want a whole number ${limits(least, greatest)}.`);
  };
}

/** A whole number for a 32-bit field of a message. */
export function uint32From(least: number): Read<number> {
  return wholeNumber(least, 0xffff_ffff);
}

export function numberFrom(least: number, greatest = Number.MAX_VALUE): Read<number> {
  return (text) => {
    const value = decimal(text);
    if (value >= least && value <= greatest) return value;
    throw new InvalidArgumentError(`want a number ${limits(least, greatest)}.`);
  };
}

export function numberAbove(bound: number, greatest = Number.MAX_VALUE): Read<number> {
  return (text) => {
    const value = decimal(text);
    if (value > bound && value <= greatest) return value;
    const most = greatest === Number.MAX_VALUE ? '' : `, at most ${greatest}`;
    throw new InvalidArgumentError(`want a number above ${bound}${most}.`);
  };
}

/** A folder to write to. An empty name, as of a variable that is not set, would be the current folder. */
export function folderPath(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('want the path of a folder, such as . for this one.');
}

/** The argument of `--allow-addresses`. */
export function allowedAddresses(text: string): string[] {
  return checked(parseAllowedAddresses, text);
}

/** Checks `HOST:PORT`, and returns the text unchanged. */
export function address(text: string): string {
  checked(parseAddress, text);
  return text;
}

function checked<T>(parse: Read<T>, text: string): T {
  try {
    return parse(text);
  } catch (thrown) {
    throw new InvalidArgumentError(toLyceumError(thrown).message);
  }
}

/** NaN: the text is no decimal number. */
function decimal(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function limits(least: number, greatest: number): string {
  const isBounded = greatest < Number.MAX_SAFE_INTEGER;
  return isBounded ? `from ${least} to ${greatest}` : `of at least ${least}`;
}
