/** Follows pages: writes their files, runs their commands. */
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { expect } from 'vitest';
import { reasonNotToRun } from './not-run.js';
import { PageShell } from './page-shell.js';
import { type PageStep, pageSteps } from './page-steps.js';
import { STAYING, type StoryPage, type Words } from './stories.js';

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const DEFAULT_ADDRESS = '127.0.0.1:7700';
const EXPORT = /export LYCEUM_COORDINATOR=(\S+)/;
/** What is tried is that commands work, so runs are as small as can be. */
const SMALLER: readonly (readonly [RegExp, string])[] = [
  [/\bepochs: \d+/g, 'epochs: 1'],
  [/\bfilters: \[16, 32\]/g, 'filters: [2, 2]'],
];

export class PageReader {
  readonly #folder: string;
  readonly #shell: PageShell;
  /** Where the story's cluster answers. */
  #address: string | undefined;
  /** By the last program that stays, until it was ready. */
  #printed = '';

  private constructor(folder: string, shell: PageShell) {
    this.#folder = folder;
    this.#shell = shell;
  }

  /** In a folder with what of a checkout the pages use. */
  static async begin(scratch: string): Promise<PageReader> {
    const [folder, logs] = [join(scratch, 'checkout'), join(scratch, 'logs')];
    await mkdir(folder);
    await mkdir(logs);
    for (const name of ['node_modules', 'clients']) {
      await symlink(join(CHECKOUT, name), join(folder, name));
    }
    const isOfProgram = /\/(?:dist|src|test|node_modules)$/;
    const filter = (path: string) => !isOfProgram.test(path);
    await cp(join(CHECKOUT, 'examples'), join(folder, 'examples'), { recursive: true, filter });
    for (const example of await readdir(join(folder, 'examples'), { withFileTypes: true })) {
      if (example.isDirectory()) await shortenRuns(join(folder, 'examples', example.name));
    }
    const { LYCEUM_COORDINATOR: _, ...env } = process.env;
    const path = [join(CHECKOUT, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
    return new PageReader(folder, new PageShell(folder, logs, { ...env, PATH: path }));
  }

  /** Ctrl-C. */
  async end(): Promise<void> {
    await this.#shell.close();
  }

  /** Runs a page's commands, each of which must succeed. */
  async follow({ path, atHand, words = {}, inTheEnd }: StoryPage): Promise<void> {
    const steps = pageSteps(await readFile(join(CHECKOUT, path), 'utf8'));
    const startsCluster = steps.some(
      ({ text }) => isUp(text) && reasonNotToRun(path, text) === undefined,
    );
    if (!startsCluster && this.#address === undefined) await this.#do('coordinator up');
    const reader = { folder: this.#folder, run: (command: string) => this.#do(command) };
    await atHand?.(reader);
    for (const step of steps) await this.#take(path, step, words);
    await inTheEnd?.(reader, this.#printed);
  }

  async #take(page: string, step: PageStep, words: Words): Promise<void> {
    if (step.kind === 'file') {
      const file = join(this.#folder, step.name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, step.text);
      return;
    }
    if (reasonNotToRun(page, step.text) !== undefined) return;
    let command = step.text;
    for (const [word, own] of Object.entries(words)) command = command.replaceAll(word, own);
    await this.#do(command);
  }

  async #do(written: string): Promise<void> {
    await shortenRuns(this.#folder);
    const command = written.replaceAll(DEFAULT_ADDRESS, this.#address ?? DEFAULT_ADDRESS);
    if (isUp(command) && this.#address !== undefined) return;
    const staying = STAYING.find((program) => program.command.test(command));
    if (staying === undefined) {
      const { code, output } = await this.#shell.run(command);
      expect(code, `${command}\n${output}`).toBe(0);
      return;
    }
    this.#printed = await this.#shell.start(command, staying.isReady);
    if (!isUp(command)) return;
    this.#address = EXPORT.exec(this.#printed)?.[1];
    await this.#do(`export LYCEUM_COORDINATOR=${this.#address}`);
  }
}

function isUp(command: string): boolean {
  return /^(?:npx )?coordinator up\b/.test(command);
}

/** In the runs' documents that lie in a folder. */
async function shortenRuns(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.yaml')) continue;
    const text = await readFile(join(folder, name), 'utf8');
    const smaller = SMALLER.reduce((short, [long, by]) => short.replaceAll(long, by), text);
    await writeFile(join(folder, name), smaller);
  }
}
