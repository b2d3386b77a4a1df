/** Names of models, data sets and runs: checked before a name is sent, and where it is received. */
import { cut, LyceumError } from '../errors.js';

/** In letters. */
export const NAME_MAX_LENGTH = 63;

export const ARTIFACT_NAME = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;

/** Letters that an error shows of an invalid name. */
const SHOWN_LETTERS = 80;

/** A name, or an invalid text in its place, as an error shows it. */
export function shownName(name: string): string {
  return cut(name, SHOWN_LETTERS);
}

/** @throws {LyceumError} INVALID_ARGUMENT */
export function requireArtifactName(name: string): void {
  if (ARTIFACT_NAME.test(name)) return;
  const rule = `lower-case letters, digits, dashes and dots, at most ${NAME_MAX_LENGTH}, no dash or dot at the ends`;
  throw new LyceumError(
    'INVALID_ARGUMENT',
    `${JSON.stringify(shownName(name))} is no name; want ${rule}`,
  );
}

/** Id of the run that trains a run's student without its teachers. */
export function baselineRunId(runId: string): string {
  return `${runId}-alone`;
}
