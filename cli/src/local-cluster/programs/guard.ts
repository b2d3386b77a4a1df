/**
 * The guard: a process that outlives the parent, which started a local cluster, until it has ended the cluster.
 *
 * The parent writes to the guard's standard input: a line `+PID` for each child started, `-PID` for each that has
 * ended. If the input ends while children are left, the parent is gone without having stopped them, perhaps killed.
 * The guard then ends the children: SIGTERM, and SIGKILL after {@link GRACE_MS}. This works for every kind of child,
 * `nats-server` too, without any code in the children.
 */
import { createInterface } from 'node:readline';

const GRACE_MS = 5_000;
const LOOK_EVERY_MS = 100;

const children = new Set<number>();

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

// A signal to the whole process group must not end the guard before its work is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) children.add(pid);
  else children.delete(pid);
}

for (const pid of children) send(pid, 'SIGTERM');
for (let waitedMs = 0; waitedMs < GRACE_MS; waitedMs += LOOK_EVERY_MS) {
  if (![...children].some((pid) => send(pid, 0))) break;
  await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}
for (const pid of children) send(pid, 'SIGKILL');
