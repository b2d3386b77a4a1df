/** Settings of models that are given what a set was made of. */
import type { Problem } from '@lyceum/proto';
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
