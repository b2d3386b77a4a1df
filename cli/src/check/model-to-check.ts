/** A model, from files on disk or pushed, whose settings need not all be known. */
import { describePackagedModel, formatNamed, parsePackagedModel } from '@lyceum/learning/formats';
import type { ModelSettings } from '@lyceum/learning/models';
import { InvalidDocumentError } from '@lyceum/proto';
import { givenSettings, readModel } from '../import/index.js';
import type { CheckedModel } from './candidate-settings.js';

export interface ModelToCheck
  extends Pick<CheckedModel, 'format' | 'settings' | 'fixed' | 'inputShape' | 'reads'> {
  /** The package's bytes. */
  readonly bytes: Buffer;
}

/**
 * Settings that a file may leave open, without which it cannot be read; the first that makes it readable is the start.
 */
const GUESSES: readonly Partial<ModelSettings>[] = [
  {},
  { output: 'logits' },
  { layout: 'NHWC' },
  { output: 'logits', layout: 'NHWC' },
];

/**
 * @param settingsFile - the user's settings, in place of the file beside the model. They are not varied.
 * @throws {LyceumError} as `readModel` does.
 */
export async function modelOnDisk(
  path: string,
  settingsFile: string | undefined,
): Promise<ModelToCheck> {
  const given = givenSettings(path, settingsFile);
  let problem: InvalidDocumentError | undefined;
  for (const guess of GUESSES) {
    try {
      const bytes = await readModel(path, { ...guess, ...given });
      return modelInPackage(bytes, Object.keys(given), guess.layout === undefined);
    } catch (err) {
      if (!(err instanceof InvalidDocumentError)) throw err;
      problem ??= err;
    }
  }
  throw problem;
}

/**
 * A pushed model no longer tells which settings the user gave: layout and output name stay, all others may be wrong.
 */
export function pushedModel(bytes: Buffer): ModelToCheck {
  return modelInPackage(bytes, ['outputName'], true);
}

function modelInPackage(
  bytes: Buffer,
  said: readonly string[],
  layoutIsKnown: boolean,
): ModelToCheck {
  const described = describePackagedModel(parsePackagedModel(bytes));
  const { format, settings, inputShape, reads } = described;
  const fixed = new Set(said);
  // A file that does not tell its input's shape does not tell its layout either.
  const { hasKnownLayout } = formatNamed(format);
  const isTold = hasKnownLayout === true || (inputShape ?? settings.layout) !== undefined;
  if (layoutIsKnown && isTold) fixed.add('layout');
  return { bytes, format, settings, fixed, inputShape, reads };
}
