/** Random numbers in [0, 1) from a seed. Marsaglia's xorshift32. */
export function randomFrom(seed: number): () => number {
  let x = seed * 2_654_435_769 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}
