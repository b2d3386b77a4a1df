/** The `coordinator` command as a person would type it: a process of its own. */
import { spawn } from 'node:child_process';
import { programFile } from '@lyceum/cli/local-cluster';

/** Runs one command and gives what it printed on stdout; progress and errors are shown. */
export type CoordinatorCommand = (...args: readonly string[]) => Promise<string>;

/** A command ended with another code than 0; it has said why. */
export class CommandFailed extends Error {
  constructor(args: readonly string[], how: string) {
    super(`coordinator ${args.join(' ')} ended with ${how}`);
    this.name = 'CommandFailed';
  }
}

/**
 * @param address - of the coordinator.
 * @param signal - ends the command that runs.
 * @param tlsDir - what it is let in with; default: without TLS, whatever the environment says.
 */
export function coordinatorCommand(
  address: string,
  signal: AbortSignal,
  tlsDir?: string,
): CoordinatorCommand {
  return (...args) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [programFile('coordinator'), ...args], {
        env: { ...process.env, LYCEUM_COORDINATOR: address, LYCEUM_TLS_DIR: tlsDir },
        stdio: ['ignore', 'pipe', 'inherit'],
        // A session of its own: Ctrl-C is for the demo, which ends everything in order.
        detached: true,
      });
      const stop = () => child.kill('SIGTERM');
      signal.addEventListener('abort', stop, { once: true });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.once('error', reject);
      child.once('close', (code, killedBy) => {
        signal.removeEventListener('abort', stop);
        if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new CommandFailed(args, killedBy ?? `exit code ${code}`));
      });
    });
}
