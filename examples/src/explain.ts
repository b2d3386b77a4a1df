/**
 * `explain`: a chat model of 135 million parameters, SmolLM2, answers several times and says why; two classifiers
 * answer too. What do the checks find, what are each rule and each teacher worth, and are several answers a text
 * worth their cost?
 *
 * Answers are recorded beside this example; `--ask FOLDER` asks anew. Students are measured by the true classes of
 * texts that no teacher was asked about. True classes train only the students of one row.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ExampleContext, printLines } from './example.js';
import { asked, recorded } from './explain/answers.js';
import { costTable } from './explain/cost-table.js';
import { explanationsLine, worthTable } from './explain/worth-table.js';

export async function explain(context: ExampleContext): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lyceum-explain-'));
  try {
    const { languages, eras } =
      context.askFolder === undefined
        ? { languages: await recorded('languages'), eras: await recorded('eras') }
        : await asked(context, context.askFolder);
    const worth = await worthTable(context, folder, languages);
    const explanations = await explanationsLine(context, folder, languages);
    const costs = await costTable(context, folder, { languages, eras });
    printLines([...worth, explanations, '', ...costs]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
