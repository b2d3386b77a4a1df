/** Logits stored with the codec float32. */
import type { StoredLogits } from '../../src/data-plane/stored-logits.js';

export function stored({ buffer, byteOffset, length }: Float32Array): StoredLogits {
  const words = new Uint32Array(buffer, byteOffset, length);
  return { codec: 'float32', words, isFinal: false, knownClasses: undefined };
}
