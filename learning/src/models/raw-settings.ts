/** Checks settings of models that read what a set was made of: texts or a table's cells. */
import { LyceumError, type Problem } from '@lyceum/proto';
import type { ModelSettings } from './model-settings.js';

/** Settings of models that read numbers and pictures: what is done with them first. */
export const NUMBER_SETTINGS = [
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

/** Advice if a model that is given numbers takes more or fewer of them than a sample of a table has. */
export const COLUMNS_HINT =
  'a model of the table\'s columns as they are names them in its settings, {"columns": […]}';

/**
 * Problems of settings that belong to another kind of model.
 *
 * @param others - such settings besides those of numbers.
 */
export function strangeSettings(
  given: Partial<ModelSettings>,
  what: string,
  others: readonly (keyof ModelSettings)[],
): Problem[] {
  const message = `means nothing to a model that reads ${what}: leave it out`;
  return [...NUMBER_SETTINGS, ...others].flatMap((path) =>
    given[path] === undefined ? [] : [{ path, message }],
  );
}

/**
 * @throws {LyceumError} INVALID_ARGUMENT if a model that is given numbers has settings of one that reads something
 * else.
 */
export function refuseRawSettings({ maximumTokens, padToken, columns }: ModelSettings): void {
  const message =
    maximumTokens !== undefined || padToken !== undefined
      ? 'maximumTokens and padToken are for models that read texts'
      : columns !== undefined
        ? "columns are for models that read a table's columns: ONNX models, SavedModels, models behind servers"
        : undefined;
  if (message !== undefined) throw new LyceumError('INVALID_ARGUMENT', message);
}
