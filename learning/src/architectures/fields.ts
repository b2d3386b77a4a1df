/** Fields and needs that several architectures have. */
import { list, wholeNumber } from '../documents/index.js';

export const count = wholeNumber('a whole number greater than 0', { above: 0 });

export const unitsOfUpTo = (layerCount: number) =>
  list(count, `a list of at most ${layerCount} layers’ units`, { atMost: layerCount });

/** @param side - of the smallest picture that has pixels left after all pooling. */
export function needsPictures(sampleShape: readonly number[], side: number): string | undefined {
  const [height = 0, width = 0] = sampleShape;
  if (sampleShape.length === 3 && height >= side && width >= side) return undefined;
  return `samples [height, width, channels] of at least ${side} × ${side}`;
}
