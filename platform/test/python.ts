/** Python with packages that tests need: the machine's own, or fetched by pip into the cache. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Python {
  run(args: readonly string[]): Promise<Ended>;
  /** Folder of the packages that the machine itself does not have. */
  readonly packages: string;
  /** Why the packages are missing; undefined: they are there. */
  readonly lack: string | undefined;
}

const execute = promisify(execFile);

/**
 * @param name - of the folder in the cache.
 * @param requirements - as pip wants them.
 * @param modules - modules that must be importable, `numpy`.
 */
export async function pythonWith(
  name: string,
  requirements: readonly string[],
  modules: string,
): Promise<Python> {
  const cache = join(process.env['LYCEUM_CACHE'] ?? join(homedir(), '.cache', 'lyceum'), 'python');
  const packages = join(cache, name);
  const run = (args: readonly string[]) => python(args, packages);
  if ((await run(['-c', `import ${modules}`])).code === 0)
    return { run, packages, lack: undefined };
  await mkdir(cache, { recursive: true });
  const fetched = await mkdtemp(join(cache, `${name}-`));
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--only-binary=:all:'];
  const got = await run([...pip, '--target', fetched, ...requirements]);
  if (got.code !== 0) {
    await rm(fetched, { recursive: true, force: true });
    return { run, packages, lack: `there is no ${name}, and pip cannot fetch it: ${got.stderr}` };
  }
  await rm(packages, { recursive: true, force: true });
  await rename(fetched, packages);
  return { run, packages, lack: undefined };
}

async function python(args: readonly string[], packages: string): Promise<Ended> {
  const env = { ...process.env, ...(existsSync(packages) && { PYTHONPATH: packages }) };
  try {
    const { stdout, stderr } = await execute('python3', [...args], { env, maxBuffer: 2 ** 26 });
    return { code: 0, stdout, stderr };
  } catch (err) {
    const { code, stdout = '', stderr = String(err) } = err as Partial<Ended>;
    return { code: typeof code === 'number' ? code : 1, stdout, stderr };
  }
}
