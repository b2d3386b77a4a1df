/** Measures how long one inference of one sample takes after warm-up. */

const WARM_UPS = 3;
const SAMPLES = 15;

/** After this time no run begins, except the first measured one: a busy server may take seconds for each run. */
const MOST_MS = 3_000;

/** @returns the median of some runs, in milliseconds; of fewer runs if they are slow. */
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
