/** Settings of models that are given what a set was made of. */
import { LyceumError, type Problem } from '@lyceum/proto';
import type { ModelSettings } from './model-settings.js';

/** Those of numbers and pictures. */
const OF_NUMBERS = [
  'scale',
  'mean',
  'standardDeviation',
  'layout',
  'colours',
  'resize',
  'centreCrop',
  'interpolation',
  'antialias',
] as const satisfies readonly (keyof ModelSettings)[];

/** What helps where a model that is given numbers takes another number of them than a sample of a table has. */
export const COLUMNS_HINT =
  'a model of the table\'s columns as they are names them in its settings, {"columns": […]}';

/** Settings of another kind of model. @param others - that mean nothing here, besides those of numbers. */
export function strangeSettings(
  given: Partial<ModelSettings>,
  what: string,
  others: readonly (keyof ModelSettings)[],
): Problem[] {
  const message = `means nothing to a model that reads ${what}: leave it out`;
  return [...OF_NUMBERS, ...others].flatMap((path) =>
    given[path] === undefined ? [] : [{ path, message }],
  );
}

/** @throws {LyceumError} INVALID_ARGUMENT if a model that is given numbers has settings of one that reads something else. */
export function refuseRawSettings({ maximumTokens, padToken, columns }: ModelSettings): void {
  const message =
    maximumTokens !== undefined || padToken !== undefined
      ? 'maximumTokens and padToken are for models that read texts'
      : columns !== undefined
        ? "columns are for ONNX models and SavedModels that read a table's columns"
        : undefined;
  if (message !== undefined) throw new LyceumError('INVALID_ARGUMENT', message);
}
