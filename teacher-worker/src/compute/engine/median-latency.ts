/** How long one inference of one sample takes once it is warm. */

const WARM_UPS = 3;
const SAMPLES = 15;

/** No run begins after it, but for the first that is measured: a busy server may take seconds for each. */
const MOST_MS = 3_000;

/** @returns the median of some runs, in milliseconds; of a slow one it takes fewer. */
export async function medianLatencyMs(
  run: () => unknown,
  nowMs: () => number = () => performance.now(),
): Promise<number> {
  const begunMs = nowMs();
  const isLate = () => nowMs() - begunMs >= MOST_MS;
  for (let i = 0; i < WARM_UPS && !isLate(); i++) await run();
  const times: number[] = [];
  for (let i = 0; i < SAMPLES && !(times.length > 0 && isLate()); i++) {
    const start = nowMs();
    await run();
    times.push(nowMs() - start);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] as number;
}
