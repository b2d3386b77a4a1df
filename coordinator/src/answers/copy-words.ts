/** Rows of at most so many words are copied faster by a loop than by `set`. */
const SHORT_ROW = 64;

/** Copies `count` words from `from[start]` on to `to[at]`. */
export function copyWords(
  from: Uint32Array,
  start: number,
  to: Uint32Array,
  at: number,
  count: number,
): void {
  if (count > SHORT_ROW) to.set(from.subarray(start, start + count), at);
  else for (let i = 0; i < count; i++) to[at + i] = from[start + i] as number;
}
