/** Which layers read what Keras masks: from `Masking`, or an `Embedding` that masks zeros, up to a convolution. Pure. */
import { isObject } from '../../files/index.js';
import { layersOf } from '../../models/layers/index.js';

type Config = Readonly<Record<string, unknown>>;

/**
 * @param model - the config of a model with some that {@link beginsMask}, as Keras 2 writes it.
 * @returns the configs of these layers, those of models within the model included.
 */
export function maskedLayers(model: unknown): ReadonlySet<Config> {
  const masked = new Set<Config>();
  followMasks(model, false, masked);
  return masked;
}

/** @returns whether what the model gives is masked. */
function followMasks(model: unknown, isGivenMasked: boolean, masked: Set<Config>): boolean {
  const isMasked = new Map<string, boolean>();
  let isLastMasked = isGivenMasked;
  for (const layer of layersOf(model)) {
    if (!isObject(layer)) continue;
    const { class_name: className, name, config = {}, inbound_nodes: nodes } = layer;
    if (!isObject(config)) continue;
    // Without nodes it follows the layer before it in a Sequential. What is listed later may be masked.
    const reads = layersRead(nodes).map((read) => isMasked.get(read) ?? true);
    const isRead = nodes === undefined ? isLastMasked : reads.includes(true);
    const isReadMasked = className === 'InputLayer' ? isGivenMasked : isRead;
    if (isReadMasked) masked.add(config);
    isLastMasked = givesMask(String(className), config, isReadMasked, masked);
    isMasked.set(String(name ?? config['name']), isLastMasked);
  }
  const ends = isObject(model) ? model['output_layers'] : undefined;
  const given = layersRead([ends]).map((end) => isMasked.get(end) ?? true);
  return given.length > 0 ? given.includes(true) : isLastMasked;
}

function givesMask(
  className: string,
  config: Config,
  isReadMasked: boolean,
  masked: Set<Config>,
): boolean {
  if (Array.isArray(config['layers'])) return followMasks(config, isReadMasked, masked);
  if (className === 'Embedding') return beginsMask(className, config);
  return beginsMask(className, config) || (isReadMasked && className !== 'Conv1D');
}

/** Whether a layer masks what it gives, whatever it reads. */
export function beginsMask(className: string, config: Config): boolean {
  return className === 'Masking' || (className === 'Embedding' && config['mask_zero'] === true);
}

/** Names of the layers that the calls of one read: `[[[layer, 0, 0, {}], …], …]`. */
function layersRead(nodes: unknown): string[] {
  const reads = Array.isArray(nodes) ? nodes.flat() : [];
  return reads.flatMap((read) => (Array.isArray(read) ? [String(read[0])] : []));
}
