/** Waits for conditions, not for times. */
import { sleep } from '@lyceum/platform';

const LIMIT_MS = 120_000;
const LOOK_MS = 10;

/** Resolves with the first value that is neither undefined nor false. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  for (let waited = 0; waited < LIMIT_MS; waited += LOOK_MS) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await sleep(LOOK_MS);
  }
  throw new Error(`waited in vain for ${what}`);
}
