/** Starts the desktop's browser at an address that must be hidden from other users of the machine. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/**
 * All users of a machine see the arguments of programs. So the browser is given a file, in a folder that only its
 * owner reads, that leads to the address.
 *
 * @param url - only with letters that need no escaping in HTML.
 * @returns a function that deletes the file.
 */
export async function startBrowser(
  url: string,
  notice: (line: string) => void,
): Promise<{ forget(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lyceum-dashboard-'));
  const file = path.join(folder, 'open.html');
  const html = `<!doctype html><title>Lyceum</title><meta http-equiv="refresh" content="0;url=${url}">`;
  await writeFile(file, html, { mode: 0o600 });
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...args, file], { stdio: 'ignore', detached: true });
  child.once('error', () => notice('no browser could be started here; open the address yourself'));
  child.unref();
  return { forget: () => rm(folder, { recursive: true, force: true }) };
}
