/** How long one inference of one sample takes once it is warm. */

const WARM_UPS = 3;
const SAMPLES = 15;

/** @returns the median of some runs, in milliseconds. */
export async function medianLatencyMs(run: () => unknown): Promise<number> {
  for (let i = 0; i < WARM_UPS; i++) await run();
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] as number;
}
