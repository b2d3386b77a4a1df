/**
 * `languages`: three black boxes, npm `franc`, `tinyld` and `eld`, each behind a server in a process of its
 * own, say in which language sentences of the Universal Declaration of Human Rights are. A student learns from
 * their answers alone.
 *
 * The stages are those of the command line: collect, check, train. The table measures on articles that no student has
 * seen in any language, by the true languages. True languages train only the students of the last row.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseImitation } from '@lyceum/learning/specification';
import { LyceumError } from '@lyceum/proto';
import { declarationSentences, type Sentence } from './declaration-sentences.js';
import { type ExampleContext, firstSeeds, printLines, specificationFile } from './example.js';
import { imitate, learnLabels, type Stage } from './language-students.js';
import { type AnsweredSentence, languageTable } from './language-table.js';
import { StartedProgram } from './started-program.js';

const NAME = 'languages';
const LANGUAGE_BOX = fileURLToPath(new URL('./language-box.js', import.meta.url));
/** The document's teachers, each with its address in the document. */
const TEACHERS = [
  ['franc', '127.0.0.1:8081'],
  ['tinyld', '127.0.0.1:8082'],
  ['eld', '127.0.0.1:8083'],
] as const;

export async function languages(context: ExampleContext): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lyceum-languages-'));
  const boxes: StartedProgram[] = [];
  try {
    for (const [name] of TEACHERS) boxes.push(await StartedProgram.start(LANGUAGE_BOX, [name]));
    const template = await readFile(specificationFile(NAME, NAME), 'utf8');
    const document = TEACHERS.reduce(
      (text, [, address], k) => text.replace(address, `127.0.0.1:${boxes[k]?.ready['port']}`),
      template,
    );
    const { classes } = parseImitation(document, NAME).spec;
    const sentences = await declarationSentences(classes);
    await writeFile(path.join(folder, 'sentences.jsonl'), jsonLines(sentences));

    const stage = stageIn(context, folder);
    await stage('collect', document);
    const counted = await Promise.all(boxes.map(callsOf));
    const calls = Object.fromEntries(TEACHERS.map(([name], k) => [name, counted[k] as number]));
    const { inputs, kept, dropped } = JSON.parse(await stage('check', document, '-o', 'json'));
    if (counted.some((count) => count !== sentences.length)) {
      const message = `teachers were called ${counted.join(', ')} times; want ${sentences.length} each`;
      throw new LyceumError('INTERNAL', message);
    }
    const test = await answeredTest(path.join(folder, 'stages', 'kept.jsonl'), sentences);
    const texts = path.join(folder, 'test.txt');
    await writeFile(texts, test.map(({ text }) => `${text}\n`).join(''));

    const seeds = firstSeeds(context.seeds);
    const students = [
      await imitate(context, { stage, document, teach: 'votes', seeds, texts }),
      await imitate(context, { stage, document, teach: 'dawid-skene', seeds, texts }),
      await learnLabels(context, { seeds, texts }),
    ];
    const ofTest = (length: Sentence['length']) => test.filter((own) => own.length === length);
    printLines([
      ...languageTable(test, classes, calls, students),
      '',
      `${inputs} texts in ${classes.length} languages. Each teacher was asked for each text once: by the teachers’ own counts,`,
      `${counted.join(' + ')} calls. The rules kept ${kept} and dropped ${dropped}. Held out, by articles: ${ofTest('whole').length} sentences and ${ofTest('ending').length} endings of three words.`,
      `Students: ${seeds.length} seeds, mean ± deviation; their size is that of all files that \`coordinator pull\` writes.`,
      'Read the teachers’ rows with care: franc was made from this same Declaration, and tinyld from it and Tatoeba, with the',
      'test’s articles too. Students have seen neither the test’s sentences nor their translations.',
    ]);
  } finally {
    for (const box of boxes) await box.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs all stages in one folder, so that each stage finds the files of the stage before. */
function stageIn({ coordinator }: ExampleContext, folder: string): Stage {
  const file = path.join(folder, `${NAME}.yaml`);
  return async (name, text, ...options) => {
    await writeFile(file, text);
    process.stderr.write(`${name} …\n`);
    const stages = path.join(folder, 'stages');
    return coordinator('imitation', name, file, '--folder', stages, ...options);
  };
}

async function callsOf({ ready }: StartedProgram): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${ready['port']}/`);
  return ((await response.json()) as { calls: number }).calls;
}

/** The held-out texts, which no rule drops, with the answers about them. */
async function answeredTest(
  keptFile: string,
  sentences: readonly Sentence[],
): Promise<AnsweredSentence[]> {
  const lengths = new Map(sentences.map(({ text, length }) => [text, length]));
  const lines = (await readFile(keptFile, 'utf8')).trimEnd().split('\n');
  return lines
    .map((line) => JSON.parse(line) as Omit<AnsweredSentence, 'length'> & Pick<Sentence, 'split'>)
    .filter(({ split }) => split === 'test')
    .map((own) => ({ ...own, length: lengths.get(own.text) ?? 'whole' }));
}

function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
