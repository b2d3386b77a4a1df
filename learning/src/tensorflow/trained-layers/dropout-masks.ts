/**
 * Takes the randomness out of a model's dropout layers: their masks become inputs of the training step.
 *
 * A seeded dropout layer of tfjs repeats one mask, an unseeded one never repeats. Here a mask is a pure
 * function of (run seed, step, layer), so that a resumed run draws the masks that it would have drawn, and a
 * recorded step can be fed new ones. Outside of training the layers do nothing, as ever.
 */
import { elementCount, LyceumError } from '@lyceum/proto';
import type { LayersModel, SymbolicTensor, Tensor } from '@tensorflow/tfjs';
import { mix32, mulberry32 } from '../../arrays/index.js';
import { allLayers, type Layer } from './all-layers.js';

/** Layers that draw random numbers in training in a way that is not taken over here. */
const RANDOM_LAYERS: ReadonlySet<string> = new Set([
  'AlphaDropout',
  'GaussianDropout',
  'GaussianNoise',
  'SpatialDropout1D',
]);

interface MaskedLayer {
  readonly rate: number;
  /** Shape of one sample's mask. */
  readonly sampleShape: readonly number[];
  mask: Tensor | undefined;
}

export class DropoutMasks {
  readonly #layers: MaskedLayer[] = [];

  /**
   * Changes the model's dropout layers, those of nested models too, to use the masks of {@link use}.
   *
   * @throws {LyceumError} INVALID_ARGUMENT naming a layer whose randomness cannot be taken over.
   */
  constructor(model: LayersModel) {
    for (const layer of allLayers(model)) {
      const name = layer.getClassName();
      if (RANDOM_LAYERS.has(name) || recurrentDropout(layer)) {
        throw new LyceumError(
          'INVALID_ARGUMENT',
          `layer ${layer.name} (${name}) draws random numbers of its own in training, which could not be ` +
            'repeated after a restart; of the random layers only Dropout can be trained',
        );
      }
      if (name === 'Dropout') this.#takeOver(layer);
    }
  }

  /** Shape of each layer's mask for a batch of `rows`. */
  shapes(rows: number): number[][] {
    return this.#layers.map((layer) => [rows, ...layer.sampleShape]);
  }

  /**
   * The masks of one step: 0 with probability `rate`, else 1 / (1 − rate), which keeps the mean.
   *
   * @returns one array a layer, in the order of {@link shapes}.
   * @see Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html
   */
  draw(seed: number, step: number, rows: number): Float32Array[] {
    return this.#layers.map(({ rate, sampleShape }, index) => {
      const stream = mix32(mix32(mix32(seed) ^ step) ^ index);
      const mask = new Float32Array(rows * elementCount(sampleShape));
      const kept = 1 / (1 - rate);
      for (let i = 0; i < mask.length; i++) mask[i] = mulberry32(stream, i) < rate ? 0 : kept;
      return mask;
    });
  }

  /** Runs `apply`, a call of the model in training, with these masks, one a layer. Borrows them. */
  use<T>(masks: readonly Tensor[], apply: () => T): T {
    for (const [index, layer] of this.#layers.entries()) layer.mask = masks[index];
    try {
      return apply();
    } finally {
      for (const layer of this.#layers) layer.mask = undefined;
    }
  }

  #takeOver(layer: Layer): void {
    const { rate, noiseShape } = layer.getConfig();
    if (layer.inboundNodes.length !== 1 || (noiseShape !== undefined && noiseShape !== null)) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `dropout layer ${layer.name} is used more than once or has a noiseShape, which cannot be trained`,
      );
    }
    const [, ...sampleShape] = (layer.input as SymbolicTensor).shape as number[];
    const masked: MaskedLayer = { rate: Number(rate), sampleShape, mask: undefined };
    this.#layers.push(masked);
    layer.call = (inputs, kwargs) => {
      const [input] = Array.isArray(inputs) ? inputs : [inputs];
      if (input === undefined || kwargs['training'] !== true) return inputs;
      if (masked.mask === undefined) {
        throw new Error(`dropout layer ${layer.name} was called in training without a mask`);
      }
      return input.mul(masked.mask);
    };
  }
}

function recurrentDropout(layer: Layer): boolean {
  const { dropout, recurrentDropout: recurrent } = layer.getConfig();
  return Number(dropout ?? 0) > 0 || Number(recurrent ?? 0) > 0;
}
