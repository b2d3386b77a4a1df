/** Follows pages: writes their files, runs their commands. */
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'vitest';
import type { Reader } from './at-hand.js';
import { freePorts } from './free-ports.js';
import { reasonNotToRun } from './not-run.js';
import { PageShell } from './page-shell.js';
import { type PageStep, pageSteps } from './page-steps.js';
import { STAYING, type StoryPage } from './stories.js';

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const DEFAULT_ADDRESS = '127.0.0.1:7700';
const EXPORTS = /^export \S+$/gm;
const ADDRESS = /LYCEUM_COORDINATOR=(\S+)/;
/** The command of the quick start. */
const FIND_PROGRAMS = 'export PATH="$PWD/node_modules/.bin:$PATH"';
/** Changes that make runs small: the tests are of the commands, not of the runs. */
const SMALLER: readonly (readonly [RegExp, string])[] = [
  [/\bepochs: \d+/g, 'epochs: 1'],
  [/\bfilters: \[16, 32\]/g, 'filters: [2, 2]'],
];

export class PageReader {
  readonly #folder: string;
  readonly #shell: PageShell;
  /** The address of the story's cluster, and its process. */
  #address: string | undefined;
  #cluster: number | undefined;
  /** Output of the last staying program until it was ready. */
  #printed = '';
  /** Programs of the page that stay until Ctrl-C. */
  readonly #programs: number[] = [];
  readonly #afterwards: (() => unknown)[] = [];

  private constructor(folder: string, shell: PageShell) {
    this.#folder = folder;
    this.#shell = shell;
  }

  /** Begins in a folder with the parts of a checkout that the pages use. */
  static async begin(scratch: string): Promise<PageReader> {
    const [folder, logs] = [join(scratch, 'checkout'), join(scratch, 'logs')];
    await mkdir(folder);
    await mkdir(logs);
    for (const name of ['node_modules', 'package.json', 'setup']) {
      await symlink(join(CHECKOUT, name), join(folder, name));
    }
    // Files that pages build or shorten are copied.
    await copy('examples', folder, /\/(?:dist|src|test|node_modules)$/);
    await copy('clients', folder, /\/build$|\.egg-info$/);
    for (const example of await readdir(join(folder, 'examples'), { withFileTypes: true })) {
      if (example.isDirectory()) await shortenRuns(join(folder, 'examples', example.name));
    }
    const { LYCEUM_COORDINATOR: _, ...env } = process.env;
    return new PageReader(folder, new PageShell(folder, logs, env));
  }

  /** Ends all programs, as Ctrl-C does. */
  async end(): Promise<void> {
    await this.#endPage();
    await this.#shell.close();
  }

  /**
   * Runs a page's commands, each of which must succeed. Programs that stay end with their page, except the cluster.
   */
  async follow(page: StoryPage): Promise<void> {
    const { path, atHand, words = {}, ports = [], instead = {}, inTheEnd } = page;
    const steps = pageSteps(await readFile(join(CHECKOUT, path), 'utf8'));
    if (this.#address === undefined) await this.#beginAt(path, steps);
    const own = new Map(Object.entries({ ...words, ...(await freePorts(ports)) }));
    const lacking: string[] = [];
    const reader: Reader = {
      folder: this.#folder,
      run: (command) => this.#do(command),
      put: (word, instead) => own.set(word, instead),
      lack: (command, reason) => {
        console.warn(`${path}: ${command} is not run: ${reason}`);
        lacking.push(command);
      },
      afterwards: (work) => this.#afterwards.push(work),
    };
    await atHand?.(reader);
    for (const step of steps) {
      await instead[step.text]?.(reader);
      if (!lacking.some((command) => step.text.startsWith(command))) {
        await this.#take(path, step, own);
      }
    }
    await inTheEnd?.(reader, this.#printed);
    await this.#endPage();
  }

  async #endPage(): Promise<void> {
    for (const program of this.#programs.splice(0)) await this.#shell.stop(program);
    for (const work of this.#afterwards.splice(0)) await work();
  }

  /** Begins at a page: a story may begin with a page that goes on from the quick start. */
  async #beginAt(path: string, steps: readonly PageStep[]): Promise<void> {
    const starts = steps.find(
      ({ text }) => isUp(text) && reasonNotToRun(path, text) === undefined,
    )?.text;
    if (!starts?.startsWith('npx ')) await this.#do(FIND_PROGRAMS);
    if (starts === undefined) await this.#do('coordinator up');
  }

  async #take(page: string, step: PageStep, words: ReadonlyMap<string, string>): Promise<void> {
    let { text } = step;
    for (const [word, own] of words) text = text.replaceAll(word, own);
    if (step.kind === 'file') {
      const file = join(this.#folder, step.name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    } else if (reasonNotToRun(page, step.text) === undefined) await this.#do(text);
  }

  async #do(written: string): Promise<void> {
    await shortenRuns(this.#folder);
    const asked = written.replaceAll(DEFAULT_ADDRESS, this.#address ?? DEFAULT_ADDRESS);
    if (isUp(asked) && this.#cluster !== undefined) {
      // A cluster is up, and is enough for a page that wants no options.
      if (!asked.includes(' --')) return;
      await this.#shell.stop(this.#cluster);
    }
    // Another story, or a user of this machine, may have the port.
    const command = isUp(asked) && !asked.includes('--listen') ? withFreePort(asked) : asked;
    const staying = STAYING.find((program) => program.command.test(command));
    if (staying === undefined) {
      const { code, output } = await this.#shell.run(command);
      expect(code, `${command}\n${output}`).toBe(0);
      return;
    }
    const { processId, printed } = await this.#shell.start(command, staying.isReady);
    this.#printed = printed;
    if (!isUp(command)) {
      this.#programs.push(processId);
      return;
    }
    this.#cluster = processId;
    this.#address = ADDRESS.exec(printed)?.[1];
    for (const [line] of printed.matchAll(EXPORTS)) await this.#do(line);
  }
}

/** Copies a folder of the checkout, links as the files that they lead to. */
async function copy(name: string, to: string, without: RegExp): Promise<void> {
  const filter = (path: string) => !without.test(path);
  const how = { recursive: true, dereference: true, filter };
  await cp(join(CHECKOUT, name), join(to, name), how);
}

function isUp(command: string): boolean {
  return /^(?:npx )?coordinator up\b/.test(command);
}

function withFreePort(up: string): string {
  return up.replace('coordinator up', 'coordinator up --listen 127.0.0.1:0');
}

/** Shortens the runs' documents in a folder. */
async function shortenRuns(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.yaml')) continue;
    const text = await readFile(join(folder, name), 'utf8');
    const smaller = SMALLER.reduce((short, [long, by]) => short.replaceAll(long, by), text);
    await writeFile(join(folder, name), smaller);
  }
}
