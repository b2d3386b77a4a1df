/** Checks of processes: their state in the kernel, and whether they answer. */
import { readdir, readFile } from 'node:fs/promises';
import type { LocalCluster } from '@lyceum/cli/local-cluster';
import { sleep } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';

const LOOK_MS = 5;
const MAX_MS = 10_000;

/** @throws {LyceumError} INTERNAL if the process is still there after 10 s. */
export async function confirmGone(pid: number): Promise<void> {
  for (let waited = 0; waited < MAX_MS; waited += LOOK_MS) {
    const state = await processState(pid);
    if (state === undefined || state === 'Z') return;
    await sleep(LOOK_MS);
  }
  throw new LyceumError('INTERNAL', `process ${pid} is still there after SIGKILL`);
}

/** @throws {LyceumError} INTERNAL if not all threads of the process have stopped within 10 s. */
export async function confirmStopped(pid: number): Promise<void> {
  for (let waited = 0; waited < MAX_MS; waited += LOOK_MS) {
    const states = await threadStates(pid);
    if (states.length > 0 && states.every((state) => state === 'T')) return;
    await sleep(LOOK_MS);
  }
  throw new LyceumError('INTERNAL', `process ${pid} did not stop at SIGSTOP`);
}

/**
 * Confirms that every process answers. Otherwise a process that hangs could stay unnoticed, since others do its work.
 *
 * @throws {LyceumError} INTERNAL, naming a program whose metrics do not come within 10 s.
 */
export async function confirmAnswering(cluster: LocalCluster): Promise<void> {
  for (const { workerId, pid, http } of cluster.processes) {
    if (http === undefined) continue;
    try {
      await (await fetch(`http://${http}/metrics`, { signal: AbortSignal.timeout(MAX_MS) })).text();
    } catch (cause) {
      throw new LyceumError('INTERNAL', `${workerId} (pid ${pid}) does not answer any more`, {
        cause,
      });
    }
  }
}

/** The states of all threads: each thread stops by itself, when it runs next. */
async function threadStates(pid: number): Promise<(string | undefined)[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  return Promise.all(threads.map((thread) => stateIn(`/proc/${pid}/task/${thread}/stat`)));
}

/**
 * The process' state: `R` running, `S` sleeping, `T` stopped, `Z` ended and not waited for; undefined: no process.
 */
function processState(pid: number): Promise<string | undefined> {
  return stateIn(`/proc/${pid}/stat`);
}

async function stateIn(file: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
  // The program's name stands in parentheses and may hold any character.
  return text.slice(text.lastIndexOf(')') + 2)[0];
}
