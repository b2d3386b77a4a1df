/** How an imitation teaches a student with the answers that were kept. */
import { InvalidDocumentError, type Problem, toLyceumError } from '@lyceum/proto';
import { z } from 'zod';
import {
  isMapping,
  list,
  number,
  section,
  text,
  wants,
  wholeNumber,
  word,
} from '../documents/index.js';
import { DAWID_SKENE_TEACHERS, tooFewTeachers } from '../imitation/index.js';
import {
  CONSENSUS,
  combineRule,
  EXPLAINED_DEFAULTS,
  imitationRuns,
  type TaughtImitation,
} from './imitation-run.js';
import { checkRunSpecification } from './run-specification.js';

const count = wholeNumber('a whole number greater than 0', { above: 0 });

export const train = section({
  teach: word('votes', CONSENSUS)
    .default('votes')
    .describe(
      "What teaches the student: each teacher's votes, or the classes behind them with their probabilities.",
    ),
  explanations: word('modality')
    .optional()
    .describe(
      'What explanations are for: modality, a teacher learns from texts with them, and the student of the texts alone from that teacher; default nothing.',
    ),
  explained: section({
    weight: number('a number above 0, at most 1', { above: 0, atMost: 1 })
      .default(EXPLAINED_DEFAULTS.weight)
      .describe(
        "How much of the student's objective that teacher is; the rest is what teaches it without.",
      ),
    temperature: number('a number above 0', { above: 0 })
      .default(EXPLAINED_DEFAULTS.temperature)
      .describe('The temperature at which the student is compared with that teacher.'),
    mask: list(text('a word', /./s), 'a list of words')
      .optional()
      .describe(
        "Words that are taken out of explanations, beside the classes' names and the words of endpoint.classes.",
      ),
  })
    .optional()
    .describe('Of explanations: how the teacher that learnt with them teaches.'),
  ngrams: section({
    from: count.describe('The least number of characters of an n-gram.'),
    to: count.describe('The greatest number of characters of an n-gram.'),
  })
    .optional()
    .describe('Of texts: the lengths of the n-grams that they become; default 1 to 4.'),
  buckets: count
    .optional()
    .describe(
      'Of texts: how many numbers a sample has, which n-grams are hashed to; default 2048.',
    ),
  size: text('HEIGHTxWIDTH in pixels, 64x64', /^[1-9]\d{0,3}x[1-9]\d{0,3}$/)
    .optional()
    .describe(
      'Of images: the height and width in pixels that they are scaled to, as 64x64; default the size that all have.',
    ),
  channels: word('gray', 'rgb')
    .optional()
    .describe('Of images: whether the samples are gray or coloured; default as all images are.'),
  run: z
    .record(z.string(), z.unknown(), { error: wants('a mapping') })
    .describe(
      'The spec of a run of kind: Distillation that teaches the student, without dataset and teachers.',
    ),
});

type Taught = TaughtImitation['spec'];

/** The parts of a document that decide how it may teach. */
interface TaughtDocument extends TaughtImitation {
  readonly spec: Omit<Taught, 'teachers'> & {
    readonly inputs: { readonly numbers?: unknown; readonly image?: unknown };
    readonly teachers: readonly (Taught['teachers'][number] & {
      readonly ask: { readonly schema?: { readonly explanation?: unknown } | undefined };
    })[];
  };
}

/** What must not stand beside explanations as a modality. */
function explanationProblems({ spec }: TaughtDocument): Problem[] {
  const { explanations, explained, run = {} } = spec.train ?? {};
  const problems: Problem[] = [];
  const wrong = (path: string, message: string) =>
    problems.push({ path: `spec.train.${path}`, message });
  if (explanations === undefined) {
    if (explained !== undefined) wrong('explained', 'means nothing without train.explanations');
    return problems;
  }
  if (spec.inputs.numbers !== undefined || spec.inputs.image !== undefined) {
    wrong('explanations', 'wants texts: input and explanation are one text together');
  }
  if (!spec.teachers.some(({ ask: own }) => own.schema?.explanation !== undefined)) {
    const message = 'no teacher is asked for one; want ask.schema: { label, explanation }';
    wrong('explanations', message);
  }
  if (run['objective'] !== undefined) {
    wrong('run.objective', 'comes from train.explained where explanations teach; leave it out');
  }
  const { student } = run;
  if (isMapping(student) && student['modality'] !== undefined) {
    wrong('run.student.modality', 'comes from train.explanations; leave it out');
  }
  const rule = combineRule(run);
  if (rule?.ofVotes === true) {
    const message = `counts final answers alone, and would reduce what the teacher with explanations answers to its class; leave ${rule.name} out`;
    wrong('run.ensemble.combine', message);
  }
  return problems;
}

/** What is wrong between `train` and the rest of the document. */
export function trainProblems(document: TaughtDocument): Problem[] {
  const { train: taught, teachers } = document.spec;
  if (taught === undefined) return [];
  const isTooFew = taught.teach === CONSENSUS && teachers.length < DAWID_SKENE_TEACHERS;
  return [
    ...(isTooFew ? [{ path: 'spec.train.teach', message: tooFewTeachers(teachers.length) }] : []),
    ...runProblems(document),
  ];
}

/** What is wrong with the runs that are made of this document, at the document's own paths. */
function runProblems(document: TaughtDocument): Problem[] {
  const own = ['dataset', 'teachers'].filter((key) => document.spec.train?.run[key] !== undefined);
  if (own.length > 0) {
    const message = `has ${own.join(' and ')}, which come from what was kept; leave them out`;
    return [{ path: 'spec.train.run', message }];
  }
  const explained = explanationProblems(document);
  if (explained.length > 0) return explained;
  const runs = imitationRuns(document, { runId: document.metadata.name, seedCount: 1 });
  const problems = runs.flatMap(({ student, teacher }) =>
    [student, ...Object.values(teacher ?? {})].flatMap((run) => problemsOfRun(run.document)),
  );
  const said = problems.map(({ path, message }) => `${path} ${message}`);
  return problems.filter((_, i) => said.indexOf(said[i] as string) === i);
}

function problemsOfRun(run: unknown): Problem[] {
  try {
    checkRunSpecification(run, 'run');
    return [];
  } catch (err) {
    if (!(err instanceof InvalidDocumentError)) throw toLyceumError(err);
    return err.problems.map(({ path, message }) => ({
      path: path.replace(/^spec/, 'spec.train.run'),
      message,
    }));
  }
}
