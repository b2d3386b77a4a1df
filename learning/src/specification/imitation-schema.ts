/**
 * An imitation as its user writes it: black boxes that are asked about public inputs, rules that choose which of their
 * answers are kept, and the run that teaches a student with these. Each stage is a command, `coordinator imitation …`.
 */
import { DOCUMENT_MAX_BYTES, InvalidDocumentError, type Problem } from '@lyceum/proto';
import { z } from 'zod';
import {
  isMapping,
  list,
  parseYamlDocument,
  pathText,
  problemsOf,
  section,
  text,
  wants,
} from '../documents/index.js';
import { imitationRuleSettings, type RuleContext, ruleProblems } from '../imitation/index.js';
import { ask, askProblems } from './imitation-ask-schema.js';
import { questions, questionsProblems } from './imitation-questions-schema.js';
import { CONSENSUS, EXPLAINED } from './imitation-run.js';
import { train, trainProblems } from './imitation-train-schema.js';
import { endpointOfPrompts, endpointProblems } from './servers/index.js';

const API_VERSION = 'lyceum.dev/v1alpha1';
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?$/;
const name = text('a name: lower-case letters, digits, dashes and dots, at most 40', NAME);
const column = text("a column's name", /./s);

const inputs = section({
  source: text('a path', /./s).describe(
    "The path from the document's folder on: a table (.csv, .tsv, .jsonl), a .txt with a text a line, or a folder of images.",
  ),
  text: column.optional().describe("The table's column with the text that is asked about."),
  numbers: list(column, 'a list of columns', { atLeast: 1 })
    .optional()
    .describe("The table's columns with the numbers that are asked about, in their order."),
  image: column
    .optional()
    .describe("The table's column with the path of the image that is asked about."),
  label: column
    .optional()
    .describe(
      'The column with the true class, where it is known; it is never sent, it only measures.',
    ),
  split: column
    .optional()
    .describe(
      'The column with train, validation or test; default: drawn by shares when the student is taught.',
    ),
});

const teacher = section({
  name: name.describe("The teacher's name, under which its answers are kept."),
  endpoint: endpointOfPrompts.describe('How the teacher is asked, and what its answers mean.'),
  ask: ask
    .prefault({})
    .describe('How many answers it gives to an input, and in what form; default one word.'),
});

const imitation = section({
  apiVersion: z
    .literal(API_VERSION, { error: wants(API_VERSION) })
    .describe('Version of the document.'),
  kind: z
    .literal('Imitation', { error: wants('Imitation') })
    .describe('Black boxes are asked, and a student is taught what they answer.'),
  metadata: section({
    name: name.describe(
      "The imitation's name, which its run has too and its teachers' models begin with.",
    ),
  }).describe('What the imitation is called.'),
  spec: section({
    inputs: inputs.describe('The public inputs that teachers are asked about.'),
    classes: list(text("a class's name", /./s), 'a list of at least 2 classes', {
      atLeast: 2,
    }).describe('The names of the classes that an input may be of.'),
    teachers: list(teacher, 'a list of 1 to 64 teachers', { atLeast: 1, atMost: 64 }).describe(
      'The black boxes that are asked.',
    ),
    questions: questions
      .optional()
      .describe('What teachers write: new inputs to train on, modelled on those of spec.inputs.'),
    check: section({
      rules: list(imitationRuleSettings, 'a list of rules').describe(
        'The rules that an input and its answers must pass to be kept.',
      ),
    })
      .prefault({ rules: [{ rule: 'schema' }, { rule: 'duplicates' }] })
      .describe(
        'What is kept of the answers; default what passes the rules schema and duplicates.',
      ),
    train: train.optional().describe('How a student is taught with what was kept.'),
  }).describe('What is asked, what is kept of the answers, and how a student is taught with it.'),
});

export type Imitation = z.output<typeof imitation>;
export type ImitationTeacher = Imitation['spec']['teachers'][number];
export type ImitationInputs = Imitation['spec']['inputs'];

/** @throws {InvalidDocumentError} naming every field that is wrong. */
export function checkImitation(document: unknown, source: string): Imitation {
  const result = imitation.safeParse(document);
  const problems = [
    ...(result.success ? [] : problemsOf(result.error)),
    ...endpointsProblems(document),
    ...(result.success ? betweenFields(result.data) : []),
  ];
  if (result.success && problems.length === 0) return result.data;
  throw new InvalidDocumentError(source, problems);
}

/** From YAML (JSON is YAML). @throws {InvalidDocumentError} as {@link checkImitation}. */
export function parseImitation(source: string, sourceName: string): Imitation {
  const refuse = (message: string) => new InvalidDocumentError(sourceName, [{ path: '', message }]);
  if (Buffer.byteLength(source) > DOCUMENT_MAX_BYTES) {
    throw refuse(`is longer than the ${DOCUMENT_MAX_BYTES} bytes that are read`);
  }
  const read = parseYamlDocument(source);
  if ('problem' in read) throw refuse(read.problem.message);
  return checkImitation(read.value, sourceName);
}

/** JSON Schema (2020-12) of what a user may write, for editors. */
export function imitationJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(imitation, { io: 'input' }), title: 'Lyceum imitation' };
}

function endpointsProblems(document: unknown): Problem[] {
  const spec = isMapping(document) && isMapping(document['spec']) ? document['spec'] : {};
  const teachers: unknown[] = Array.isArray(spec['teachers']) ? spec['teachers'] : [];
  return teachers.flatMap((teacher, k) => {
    const own = isMapping(teacher) ? teacher['endpoint'] : undefined;
    if (!isMapping(own)) return [];
    return endpointProblems(own).map(({ path, message }) => ({
      path: pathText(['spec', 'teachers', k, 'endpoint', path]),
      message,
    }));
  });
}

function betweenFields(document: Imitation): Problem[] {
  const {
    inputs: from,
    classes,
    teachers,
    questions: written,
    check,
    train: taught,
  } = document.spec;
  const problems: Problem[] = [];
  const wrong = (path: string, message: string) => problems.push({ path: `spec.${path}`, message });
  const kinds = (['text', 'numbers', 'image'] as const).filter((kind) => from[kind] !== undefined);
  if (kinds.length > 1) wrong('inputs', `has ${kinds.join(' and ')}; want one of them`);
  for (const [k, { name: own }] of teachers.entries()) {
    const first = teachers.findIndex((other) => other.name === own);
    if (first < k) wrong(`teachers[${k}].name`, `is that of spec.teachers[${first}] too`);
    if (own === CONSENSUS)
      wrong(`teachers[${k}].name`, `is the name of the teacher that train.teach: ${own} makes`);
    if (own === EXPLAINED && taught?.explanations !== undefined) {
      wrong(`teachers[${k}].name`, 'is the name of the teacher that learns from explanations');
    }
  }
  for (const [k, { endpoint: own, ask: how }] of teachers.entries()) {
    for (const { path, message } of askProblems(how, own)) {
      wrong(`teachers[${k}].${path}`, message);
    }
    const unknown = Object.values(own.classes ?? {}).filter(
      (c) => c !== null && !classes.includes(c),
    );
    if (unknown.length === 0) continue;
    wrong(
      `teachers[${k}].endpoint.classes`,
      `names ${unknown.slice(0, 8).join(', ')}, not in spec.classes`,
    );
  }
  const twice = classes.find((own, i) => classes.indexOf(own) < i);
  if (twice !== undefined) wrong('classes', `has "${twice}" twice`);
  if (written !== undefined) {
    for (const { path, message } of questionsProblems(written, document.spec)) wrong(path, message);
  }
  const context = ruleContext(document.spec);
  for (const [i, own] of check.rules.entries()) {
    for (const { path, message } of ruleProblems(own, context)) {
      wrong(pathText(['check.rules', i, path]), message);
    }
  }
  return [...problems, ...trainProblems(document)];
}

/** The facts of a document that its rules need. */
export function ruleContext({ classes, teachers }: Imitation['spec']): RuleContext {
  return {
    classes,
    teacherCount: teachers.length,
    tellConfidence: teachers.some(({ endpoint: own }) => own.confidence !== undefined),
    chat: teachers.some(({ endpoint: own }) => own.chat !== undefined),
    severalAnswers: teachers.some(({ ask: own }) => own.answers > 1),
    explaining: teachers.flatMap(({ name: own, ask: { schema } }) =>
      schema?.explanation === undefined ? [] : [own],
    ),
  };
}
