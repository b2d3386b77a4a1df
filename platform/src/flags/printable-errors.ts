import { printable } from '@lyceum/proto';
import type { OutputConfiguration } from 'commander';

/** For commander, whose errors repeat arguments: a shell may have made them from names of files. */
export const PRINTABLE_ERRORS: OutputConfiguration = {
  outputError: (text, write) => write(printable(text)),
};
