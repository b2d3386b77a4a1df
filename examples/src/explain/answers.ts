/** The answers of `explain`'s teachers: recorded, or asked anew. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type Imitation, parseImitation } from '@lyceum/learning/specification';
import { LyceumError } from '@lyceum/proto';
import { CommandFailed } from '../coordinator-command.js';
import { type ExampleContext, specificationFile } from '../example.js';
import { StartedProgram } from '../started-program.js';
import { type LabelledText, languageTexts } from './imitation-data.js';
import { installedModel } from './installed-model.js';
import { type AnswerLine, jsonLines, parsedLines } from './lessons.js';
import { passagesOf, readSpeeches } from './passages.js';

export interface Collected {
  readonly document: Imitation;
  /** The texts to train on, which teachers were asked about. */
  readonly texts: readonly LabelledText[];
  readonly test: readonly LabelledText[];
  readonly answers: readonly AnswerLine[];
}

export type CollectedName = 'languages' | 'eras';

const RECORDED = fileURLToPath(new URL('../../explain/recorded/', import.meta.url));
const program = (name: string) => fileURLToPath(new URL(`../${name}.js`, import.meta.url));

/** Reads the recorded answers. Passages of speeches are recorded too: their package is installed only to ask anew. */
export async function recorded(name: CollectedName): Promise<Collected> {
  const texts = name === 'languages' ? await languageTexts() : await unzipped('eras.texts');
  return collected(
    name,
    texts as LabelledText[],
    (await unzipped(`${name}.answers`)) as AnswerLine[],
  );
}

/**
 * Starts the teachers at the addresses in the documents, and asks them. Answers that are in the folder already are not
 * asked again. At the end the folder holds the files that {@link recorded} reads.
 */
export async function asked(
  { coordinator, cacheFolder }: ExampleContext,
  folder: string,
): Promise<Readonly<Record<CollectedName, Collected>>> {
  const { packages, modelFile, speeches } = await installedModel(cacheFolder);
  const texts = {
    languages: await languageTexts(),
    eras: passagesOf(await readSpeeches(speeches)),
  };
  const teachers: StartedProgram[] = [];
  const start = async (name: string, ...args: readonly string[]) => {
    teachers.push(await StartedProgram.start(program(name), args));
  };
  try {
    await start('language-box', 'franc', '8091');
    await start('language-box', 'tinyld', '8092');
    await start('chat-server', packages, modelFile, '8093');
    const ask = async (name: CollectedName): Promise<Collected> => {
      const at = (file: string) => path.join(folder, name, file);
      await mkdir(at('.'), { recursive: true });
      const document = at(`${name}.yaml`);
      await writeFile(document, await readFile(specificationFile('explain', name)));
      await writeFile(at(`${name}.jsonl`), jsonLines(toTrainOn(texts[name])));
      try {
        await coordinator('imitation', 'collect', document, '--folder', at('.'));
      } catch (err) {
        // The command also fails if some answers cannot be read, which is normal for a weak chat.
        if (!(err instanceof CommandFailed)) throw err;
      }
      const answers = await readFile(at('answers.jsonl'), 'utf8');
      const own = await collected(name, texts[name], parsedLines<AnswerLine>(answers));
      requireAll(own, folder);
      await writeZipped(path.join(folder, `${name}.answers.jsonl.gz`), answers);
      await writeZipped(path.join(folder, `${name}.texts.jsonl.gz`), jsonLines(texts[name]));
      return own;
    };
    return { languages: await ask('languages'), eras: await ask('eras') };
  } finally {
    for (const teacher of teachers) await teacher.stop();
  }
}

async function collected(
  name: CollectedName,
  texts: readonly LabelledText[],
  answers: readonly AnswerLine[],
): Promise<Collected> {
  const source = await readFile(specificationFile('explain', name), 'utf8');
  return {
    document: parseImitation(source, name),
    texts: toTrainOn(texts),
    test: texts.filter(({ split }) => split === 'test'),
    answers,
  };
}

function requireAll({ document, texts, answers }: Collected, folder: string): void {
  const each = document.spec.teachers.reduce((sum, { ask }) => sum + ask.answers, 0);
  const given = new Set(answers.map(({ teacher, id, answer }) => `${teacher} ${id} ${answer}`))
    .size;
  if (given >= each * texts.length) return;
  const message = `${folder} has ${given} of ${each * texts.length} answers; run it again: it asks only for the missing answers`;
  throw new LyceumError('FAILED_PRECONDITION', message);
}

function toTrainOn(texts: readonly LabelledText[]): LabelledText[] {
  return texts.filter(({ split }) => split === 'train');
}

async function writeZipped(file: string, text: string): Promise<void> {
  await writeFile(file, await promisify(gzip)(text, { level: 9 }));
}

async function unzipped(name: string): Promise<unknown[]> {
  const bytes = await promisify(gunzip)(await readFile(path.join(RECORDED, `${name}.jsonl.gz`)));
  return parsedLines(bytes.toString());
}
