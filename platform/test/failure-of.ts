import { LyceumError } from '@lyceum/proto';
import { expect } from 'vitest';

/** The error that a promise rejects with, which must be a LyceumError. */
export async function failureOf(promise: Promise<unknown>): Promise<LyceumError> {
  const failure = await promise.then(
    () => undefined,
    (err: unknown) => err,
  );
  expect(failure).toBeInstanceOf(LyceumError);
  return failure as LyceumError;
}
