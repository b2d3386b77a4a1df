/** A layer's settings as Keras 2 and TensorFlow.js write them, or why they cannot be exported. */
import { LyceumError } from '@lyceum/proto';
import type { GraphLayer } from './layer-graph.js';

/** The layer's axis. Keras 2 sometimes writes it as a list. */
export function axisOf(layer: GraphLayer): number {
  const axes = [layer.config['axis'] ?? -1].flat();
  const [axis] = axes;
  if (axes.length === 1 && Number.isInteger(axis)) return axis as number;
  throw unsupported(layer, `its axis is ${JSON.stringify(axes)}`);
}

export function refuseChannelsFirst(layer: GraphLayer): void {
  const format = layer.config['data_format'] ?? 'channels_last';
  if (format === 'channels_last' || format === 'channelsLast') return;
  throw unsupported(layer, `its data_format is ${JSON.stringify(format)}`);
}

/** A setting for height and width; one number stands for both. */
export function pair(
  layer: GraphLayer,
  key: string,
  missing: readonly number[],
): readonly number[] {
  const value = layer.config[key] ?? missing;
  const both = typeof value === 'number' ? [value, value] : value;
  if (Array.isArray(both) && both.length === 2 && both.every(Number.isInteger)) return both;
  throw unsupported(layer, `its ${key} is ${JSON.stringify(value)}`);
}

export function numbers(layer: GraphLayer, key: string): readonly number[] {
  const value = layer.config[key];
  if (Array.isArray(value) && value.every(Number.isInteger)) return value as number[];
  throw unsupported(layer, `its ${key} is ${JSON.stringify(value)}`);
}

export function unsupported({ name, className }: GraphLayer, reason: string): LyceumError {
  const message = `layer ${name} (${className}) cannot be exported to ONNX: ${reason}`;
  return new LyceumError('INVALID_ARGUMENT', message);
}
