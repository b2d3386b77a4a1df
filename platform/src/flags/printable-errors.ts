import { printable } from '@lyceum/proto';
import type { OutputConfiguration } from 'commander';

/** For commander: errors repeat arguments, which a shell may have made of the names of files. */
export const PRINTABLE_ERRORS: OutputConfiguration = {
  outputError: (text, write) => write(printable(text)),
};
