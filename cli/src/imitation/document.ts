/** A document of kind Imitation with the files of its stages. */
import { dirname, join, resolve } from 'node:path';
import { readTextFile } from '@lyceum/learning/files';
import { type Imitation, parseImitation } from '@lyceum/learning/specification';
import { makeFolder } from '@lyceum/platform';
import { type ReadInputs, readImitationInputs } from './inputs/index.js';
import { readQuestions, withQuestions } from './questions/index.js';

export interface OpenedImitation {
  readonly imitation: Imitation;
  /** The document's folder. */
  readonly base: string;
  /** Paths of the stages' files. */
  readonly at: (name: string) => string;
}

/** @param folder - of the stages' files; by default it is named after the document. */
export async function openImitation(file: string, folder?: string): Promise<OpenedImitation> {
  const imitation = parseImitation(readTextFile(file, 'INVALID_ARGUMENT'), file);
  const own = resolve(folder ?? `imitation-${imitation.metadata.name}`);
  await makeFolder(own);
  return { imitation, base: dirname(resolve(file)), at: (name) => join(own, name) };
}

/** The inputs that teachers are asked about: those of the document, and those that teachers wrote. */
export async function readAskedInputs({
  imitation,
  base,
  at,
}: OpenedImitation): Promise<ReadInputs> {
  const { inputs, classes } = imitation.spec;
  const read = await readImitationInputs(inputs, classes, base);
  const file = at('questions.jsonl');
  return withQuestions(read, inputs, await readQuestions(file), file);
}
