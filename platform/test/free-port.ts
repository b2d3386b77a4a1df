/** Ports for servers that are told theirs, or that stop and listen on it again. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Systems give out ports of their own accord above these: Linux from 32,768 on. */
const FIRST_PORT = 10_000;
const LAST_PORT = 30_000;

/** A port on 127.0.0.1 that nothing listens on, and that no program gets which asks for any free one. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    const probe = createServer().listen(port, '127.0.0.1');
    try {
      await once(probe, 'listening');
      return port;
    } catch {
      // Another program has it.
    } finally {
      probe.close();
    }
  }
}
