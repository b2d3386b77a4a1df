/**
 * An imitation as its user writes it: black boxes that are asked about public inputs, rules for what of their answers is
 * kept, and the run that teaches a student with it. Each stage is a command of its own, `coordinator imitation …`.
 */
import {
  DOCUMENT_MAX_BYTES,
  InvalidDocumentError,
  type Problem,
  toLyceumError,
} from '@lyceum/proto';
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
  wholeNumber,
  word,
} from '../documents/index.js';
import {
  DAWID_SKENE_TEACHERS,
  imitationRuleSettings,
  ruleProblems,
  tooFewTeachers,
} from '../imitation/index.js';
import { checkRunSpecification } from './run-specification.js';
import { endpoint, endpointProblems } from './servers/index.js';

const API_VERSION = 'lyceum.dev/v1alpha1';
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?$/;
const name = text('a name: lower-case letters, digits, dashes and dots, at most 40', NAME);
const column = text("a column's name", /./s);
const count = wholeNumber('a whole number greater than 0', { above: 0 });

const inputs = section({
  /** A table, .csv, .tsv or .jsonl; a .txt with a text a line; or a folder of images. From the document's folder on. */
  source: text('a path', /./s),
  /** Of a table, what is asked about: a text, some numbers, or the path of an image. */
  text: column.optional(),
  numbers: list(column, 'a list of columns', { atLeast: 1 }).optional(),
  image: column.optional(),
  /** The true class, where it is known. Never sent: it measures. */
  label: column.optional(),
  /** train, validation or test. Absent: drawn by shares when the student is taught. */
  split: column.optional(),
});

const train = section({
  /** Each teacher's votes, or the classes behind them, with their probabilities. */
  teach: word('votes', 'dawid-skene').default('votes'),
  /** Of texts: lengths of n-grams, and numbers in a sample. */
  ngrams: section({ from: count, to: count }).optional(),
  buckets: count.optional(),
  /** Of images: what they are scaled to, and whether they are coloured. Absent: all are alike in it, and stay so. */
  size: text('HEIGHTxWIDTH in pixels, 64x64', /^[1-9]\d{0,3}x[1-9]\d{0,3}$/).optional(),
  channels: word('gray', 'rgb').optional(),
  /** As in `spec` of kind: Distillation, without dataset and teachers. */
  run: z.record(z.string(), z.unknown(), { error: wants('a mapping') }),
});

const imitation = section({
  apiVersion: z.literal(API_VERSION, { error: wants(API_VERSION) }),
  kind: z.literal('Imitation', { error: wants('Imitation') }),
  metadata: section({ name }),
  spec: section({
    inputs,
    classes: list(text("a class's name", /./s), 'a list of at least 2 classes', { atLeast: 2 }),
    teachers: list(section({ name, endpoint }), 'a list of 1 to 64 teachers', {
      atLeast: 1,
      atMost: 64,
    }),
    check: section({ rules: list(imitationRuleSettings, 'a list of rules') }).prefault({
      rules: [{ rule: 'schema' }, { rule: 'duplicates' }],
    }),
    train: train.optional(),
  }),
});

export type Imitation = z.output<typeof imitation>;
export type ImitationTeacher = Imitation['spec']['teachers'][number];
export type ImitationInputs = Imitation['spec']['inputs'];

/** The teacher of the classes behind the votes. */
export const CONSENSUS = 'dawid-skene';

/**
 * The run of an imitation's last stage.
 *
 * @param dataset - the pushed set's name.
 * @param models - of the teachers, in their order.
 */
export function imitationRun(
  { apiVersion, metadata, spec }: Imitation,
  dataset: string,
  models: readonly { readonly name: string; readonly model: string }[],
): unknown {
  const { teach = 'votes', run = {} } = spec.train ?? {};
  const access = teach === 'votes' ? 'black' : 'gray';
  const objective = teach === 'votes' ? [{ term: 'vote' }] : [{ term: 'kd', temperature: 1 }];
  return {
    apiVersion,
    kind: 'Distillation',
    metadata,
    spec: {
      objective,
      ...run,
      dataset,
      teachers: models.map((own) => ({ ...own, access })),
    },
  };
}

/** Names of the models that teach. */
export function imitationModels({ metadata, spec }: Imitation): { name: string; model: string }[] {
  const names = spec.train?.teach === CONSENSUS ? [CONSENSUS] : spec.teachers.map((t) => t.name);
  return names.map((own) => ({ name: own, model: `${metadata.name}.${own}` }));
}

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
  const { inputs: from, classes, teachers, check, train: taught } = document.spec;
  const problems: Problem[] = [];
  const wrong = (path: string, message: string) => problems.push({ path: `spec.${path}`, message });
  const kinds = (['text', 'numbers', 'image'] as const).filter((kind) => from[kind] !== undefined);
  if (kinds.length > 1) wrong('inputs', `has ${kinds.join(' and ')}; want one of them`);
  for (const [k, { name: own }] of teachers.entries()) {
    const first = teachers.findIndex((other) => other.name === own);
    if (first < k) wrong(`teachers[${k}].name`, `is that of spec.teachers[${first}] too`);
    if (own === CONSENSUS) wrong(`teachers[${k}].name`, `is the name of what teaches by ${own}`);
  }
  for (const [k, { endpoint: own }] of teachers.entries()) {
    const unknown = Object.values(own.classes ?? {}).filter(
      (c) => c !== null && !classes.includes(c),
    );
    if (unknown.length === 0) continue;
    wrong(
      `teachers[${k}].endpoint.classes`,
      `names ${unknown.slice(0, 8).join(', ')}, which spec.classes has not`,
    );
  }
  const twice = classes.find((own, i) => classes.indexOf(own) < i);
  if (twice !== undefined) wrong('classes', `has "${twice}" twice`);
  const told = {
    count: teachers.length,
    tellConfidence: teachers.some(({ endpoint: own }) => own.confidence !== undefined),
    chat: teachers.some(({ endpoint: own }) => own.chat !== undefined),
  };
  for (const [i, own] of check.rules.entries()) {
    for (const { path, message } of ruleProblems(own, told)) {
      wrong(pathText(['check.rules', i, path]), message);
    }
  }
  if (taught?.teach === CONSENSUS && teachers.length < DAWID_SKENE_TEACHERS) {
    wrong('train.teach', tooFewTeachers(teachers.length));
  }
  if (taught !== undefined) problems.push(...runProblems(document));
  return problems;
}

/** What is wrong with the run, at the paths of this document. */
function runProblems(document: Imitation): Problem[] {
  const own = ['dataset', 'teachers'].filter((key) => document.spec.train?.run[key] !== undefined);
  if (own.length > 0) {
    const message = `has ${own.join(' and ')}, which come from what was kept; leave them out`;
    return [{ path: 'spec.train.run', message }];
  }
  try {
    checkRunSpecification(imitationRun(document, 'kept', imitationModels(document)), 'run');
    return [];
  } catch (err) {
    if (!(err instanceof InvalidDocumentError)) throw toLyceumError(err);
    return err.problems.map(({ path, message }) => ({
      path: path.replace(/^spec/, 'spec.train.run'),
      message,
    }));
  }
}
