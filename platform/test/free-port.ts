/** Ports for servers that need a fixed port, or that stop and listen on the same port again. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range from which systems assign ports themselves: Linux from 32,768 on. */
const FIRST_PORT = 10_000;
const LAST_PORT = 30_000;

/** A port on 127.0.0.1 that is free, and that the system does not give to programs that ask for any free port. */
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
