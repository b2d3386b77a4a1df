/** Options of the stages that ask black boxes, which costs money. */

import {
  AddressGuard,
  ALL_ADDRESSES,
  ENDING_SIGNALS,
  type Outside,
  secretPlaces,
} from '@lyceum/platform';
import { wholeNumber } from '@lyceum/platform/flags';
import { type Command, InvalidArgumentError } from 'commander';
import { type MaxCost, parseMaxCost } from '../imitation/index.js';
import { interruptible, notice } from '../session/index.js';

/** Time between two lines of progress. */
const TELL_MS = 5_000;

export interface PaidOptions {
  readonly folder?: string;
  readonly dryRun?: true;
  readonly maxCalls?: number;
  readonly maxCost?: readonly MaxCost[];
  readonly secretsDir?: string;
}

export function addPaidOptions(stage: Command): Command {
  return stage
    .option('--dry-run', 'show what it will cost, and make no call')
    .option(
      '--max-calls <n>',
      'make at most so many HTTP requests, repeated ones included',
      wholeNumber(1),
    )
    .option(
      '--max-cost <amount>',
      'AMOUNT for all teachers together, or TEACHER=AMOUNT; begin no call that may exceed it (repeatable)',
      maxCost,
    )
    .option(
      '--secrets-dir <folder>',
      'has a file for each secret; else variables LYCEUM_SECRET_NAME',
    );
}

function maxCost(text: string, before: readonly MaxCost[] = []): MaxCost[] {
  const parsed = parseMaxCost(text);
  if (parsed !== undefined) return [...before, parsed];
  throw new InvalidArgumentError('want an amount above 0, as 2.50, or TEACHER=2.50.');
}

/** The document, the secrets and the machine are the user's own, so all addresses may be called. */
export function outsideOf({ secretsDir }: PaidOptions, environment: NodeJS.ProcessEnv): Outside {
  return {
    secrets: secretPlaces(secretsDir, environment, 'anywhere'),
    addresses: new AddressGuard([ALL_ADDRESSES]),
  };
}

/** Prints progress every {@link TELL_MS} and at the end. After Ctrl-C waits for calls under way: they are paid for. */
export async function tellingProgress<T>(
  tell: () => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timer = setInterval(tell, TELL_MS);
  let isInterrupted = false;
  try {
    return await interruptible((signal) => {
      signal.addEventListener('abort', () => {
        isInterrupted = true;
        notice('waiting for the calls under way, which are paid for');
      });
      return work(signal);
    }, ENDING_SIGNALS);
  } finally {
    clearInterval(timer);
    tell();
    if (isInterrupted)
      notice('interrupted; what was answered is kept, and the same command goes on');
  }
}
