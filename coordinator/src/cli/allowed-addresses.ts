import { toLyceumError } from '@lyceum/proto';
import { parseAllowedAddresses } from '@lyceum/proto/node';
import { InvalidArgumentError } from 'commander';

/** The argument of `--allow-addresses`. */
export function allowedAddresses(text: string): string[] {
  try {
    return parseAllowedAddresses(text);
  } catch (thrown) {
    throw new InvalidArgumentError(toLyceumError(thrown).message);
  }
}
