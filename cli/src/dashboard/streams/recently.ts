/** Caches an answer for a short time. */

/** @returns a function that asks at most every `ms`, and gives the last answer meanwhile. A failure is not kept. */
export function recently<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly answer: Promise<T>; readonly askedAtMs: number } | undefined;
  return () => {
    if (last !== undefined && performance.now() - last.askedAtMs < ms) return last.answer;
    const asked = { answer: ask(), askedAtMs: performance.now() };
    last = asked;
    asked.answer.catch(() => {
      if (last === asked) last = undefined;
    });
    return asked.answer;
  };
}
