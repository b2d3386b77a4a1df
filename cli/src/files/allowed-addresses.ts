import { parseAllowedAddresses } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import { InvalidArgumentError } from 'commander';

/** The argument of `--allow-addresses`. */
export function allowedAddresses(text: string): string[] {
  try {
    return parseAllowedAddresses(text);
  } catch (thrown) {
    throw new InvalidArgumentError(toLyceumError(thrown).message);
  }
}
