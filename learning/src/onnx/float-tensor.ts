import type { Tensor } from 'onnxruntime-node';
import { decodeFloat16 } from '../codecs/index.js';

/** A tensor's values. Half floats come as their bits, or, from Node 24 on, as an array type of their own. */
export function asFloat32({ data, type }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (type === 'float16' && data instanceof Uint16Array) {
    return Float32Array.from(data, decodeFloat16);
  }
  return Float32Array.from(data as ArrayLike<number>);
}
