/**
 * The students of `languages`, one for each seed: trained, pulled, and asked about the test's texts as a user would.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { type ExampleContext, specificationFile } from './example.js';
import type { LanguageStudents } from './language-table.js';

/** Runs a stage of the document whose content is `text`, and returns the stage's stdout. */
export type Stage = (name: string, text: string, ...options: readonly string[]) => Promise<string>;

interface LearnOptions {
  readonly seeds: readonly number[];
  /** A file with the test's texts, one a line; students are pulled to folders beside it. */
  readonly texts: string;
}

interface ImitateOptions extends LearnOptions {
  readonly stage: Stage;
  readonly document: string;
  readonly teach: 'votes' | 'dawid-skene';
}

/** Students that are taught the teachers' answers. */
export async function imitate(
  context: ExampleContext,
  { stage, document, teach, seeds, texts }: ImitateOptions,
): Promise<LanguageStudents> {
  const runs = seeds.map((seed) => ({ seed, runId: `languages-${teach}-${seed}` }));
  for (const { seed, runId } of runs) {
    const own = document.replace('teach: votes', `teach: ${teach}`);
    const seeded = own.replace('seed: 1', `seed: ${seed}`);
    await stage('train', seeded, '--run-id', runId, '--no-watch');
  }
  const name = teach === 'votes' ? 'student of the votes' : 'student of Dawid–Skene';
  return { name, ...(await asked(context, runs, texts)) };
}

/** Students that are taught the true languages. */
export async function learnLabels(
  context: ExampleContext,
  { seeds, texts }: LearnOptions,
): Promise<LanguageStudents> {
  const runs = seeds.map((seed) => ({ seed, runId: `languages-labels-${seed}` }));
  for (const { seed, runId } of runs) {
    const own = ['--set', `spec.training.seed=${seed}`, '--run-id', runId];
    await context.coordinator('submit', specificationFile('languages', 'labels'), ...own);
  }
  return { name: 'student of the true languages', ...(await asked(context, runs, texts)) };
}

/** Waits for the runs, and asks their students about the texts. */
async function asked(
  { coordinator }: ExampleContext,
  runs: readonly { readonly runId: string }[],
  texts: string,
): Promise<Pick<LanguageStudents, 'bytes' | 'said'>> {
  const said: string[][] = [];
  let bytes = 0;
  for (const { runId } of runs) {
    await coordinator('watch', runId);
    const folder = path.join(path.dirname(texts), runId);
    await coordinator('pull', runId, '--out', folder);
    bytes = await folderBytes(folder);
    const lines = (await coordinator('predict', folder, texts)).trimEnd().split('\n');
    said.push(lines.map((line) => line.split('\t', 1)[0] ?? ''));
  }
  return { bytes, said };
}

/** Size of the model with all files that it needs to read a text. */
async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = names.map(async (name) => (await stat(path.join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
