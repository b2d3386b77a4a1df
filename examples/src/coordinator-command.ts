/** The `coordinator` command as a person would type it: a process of its own. */
import { spawn } from 'node:child_process';
import { programFile } from '@lyceum/cli/local-cluster';

/** Runs one command and returns its stdout; the command's stderr (progress and errors) is shown. */
export type CoordinatorCommand = (...args: readonly string[]) => Promise<string>;

/** A command failed; the reason is on its stderr. */
export class CommandFailed extends Error {
  constructor(args: readonly string[], how: string) {
    super(`coordinator ${args.join(' ')} ended with ${how}`);
    this.name = 'CommandFailed';
  }
}

/**
 * @param address - of the coordinator.
 * @param signal - ends a running command.
 * @param tlsDir - folder of the command's certificate; default: no TLS, whatever the environment says.
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
        // A session of its own: Ctrl-C reaches this process only, which then ends everything in order.
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
