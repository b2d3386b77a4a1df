/**
 * A run as its user writes it: who teaches, on what, how answers are combined, what the student minimises.
 *
 * One strict schema, read once, checked whole, frozen. {@link parseRunSpecification} fills in every default,
 * so that nothing below it knows any. What only the cluster can know (does the model exist, do the class
 * counts agree) is checked by the coordinator at submit.
 */
import { createHash } from 'node:crypto';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { InvalidDocumentError, type Problem } from './errors.js';
import { SPECIFICATION_MAX_BYTES } from './limits.js';

const NAME = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;
const NAME_RULE =
  'must be lower-case letters, digits, dashes and dots, at most 63, no dash or dot at the ends';

const name = z.string().regex(NAME, NAME_RULE);
const runReference = z
  .string()
  .regex(/^run:[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'must be run:ID, naming an earlier run');
const positive = z.number().positive('must be greater than 0');
const count = z.int().positive('must be a whole number greater than 0');
const seed = z.int().min(0).max(0xffffffff);

const teacher = z.strictObject({
  name,
  /** A pushed model, or `run:ID` for the student of an earlier run. */
  model: z.union([runReference, name], { error: `a model's name, or run:ID; a name ${NAME_RULE}` }),
  /** Relative share in the ensemble; shares need not sum to 1. */
  weight: z.number().min(0, 'must not be negative').default(1),
});

const dataset = z.union(
  [
    name,
    z.strictObject({
      /** Absolute path on a volume that coordinator and workers mount alike. */
      path: z.string().startsWith('/', 'must be an absolute path'),
      digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hex digits'),
    }),
  ],
  { error: "a pushed set's name, or { path, digest } on a mounted volume" },
);

const studentModel = z.union(
  [
    z.strictObject({
      architecture: z.literal('mlp'),
      hiddenUnits: z.array(count).max(16).default([30, 30]),
      /** Share of each hidden layer's units that are dropped in training, in [0, 1). */
      dropout: z.number().min(0).lt(1).default(0),
    }),
    z.strictObject({ architecture: z.literal('lenet') }),
    z.strictObject({
      architecture: z.literal('conv'),
      filters: z.array(count).min(1).max(8).default([16, 32]),
      denseUnits: z.array(count).max(8).default([64]),
    }),
    z.strictObject({
      architecture: z.literal('resnet'),
      /** 6n + 2 layers. He et al. 2016, §4.2. */
      depth: z.union([z.literal(8), z.literal(20)], { error: 'must be 8 or 20' }).default(8),
    }),
    z.strictObject({ model: z.union([runReference, name]) }),
  ],
  { error: 'one of { architecture: mlp | lenet | conv | resnet, … } or { model: NAME }' },
);

const learningRate = z.union(
  [
    positive.transform((rate) => ({ constant: { rate, warmupSteps: 0 } })),
    z.strictObject({
      constant: z.strictObject({ rate: positive, warmupSteps: z.int().min(0).default(0) }),
    }),
    z.strictObject({
      step: z.strictObject({
        initial: positive,
        factor: positive.default(0.1),
        atSteps: z.array(count).min(1),
        warmupSteps: z.int().min(0).default(0),
      }),
    }),
    z.strictObject({
      cosine: z.strictObject({
        peak: positive,
        final: z.number().min(0).default(0),
        warmupSteps: z.int().min(0).default(0),
      }),
    }),
  ],
  { error: 'a number, or one of { constant }, { step }, { cosine } with its settings' },
);

const training = z
  .strictObject({
    optimizer: z.enum(['adam', 'sgd', 'momentum']).default('adam'),
    /** For `momentum` only. */
    momentum: z.number().min(0).lt(1).optional(),
    nesterov: z.boolean().optional(),
    learningRate: learningRate.prefault(0.001),
    /** Decoupled for adam (Loshchilov & Hutter 2019), an L2 gradient for sgd and momentum. */
    weightDecay: z.number().min(0).default(0),
    /** Greatest global norm of the gradient; absent: not clipped. */
    clipNorm: positive.optional(),
    batchSize: count.max(65_536).default(128),
    /** Passes over the samples trained on. Exactly one of `epochs` and `steps`; default 10 epochs. */
    epochs: count.optional(),
    steps: count.optional(),
    seed: seed.default(1),
    checkpointEverySteps: count.default(200),
  })
  .superRefine((t, context) => {
    if (t.epochs !== undefined && t.steps !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['steps'],
        message: 'give epochs or steps, not both',
      });
    }
    for (const field of ['momentum', 'nesterov'] as const) {
      if (t[field] !== undefined && t.optimizer !== 'momentum') {
        context.addIssue({
          code: 'custom',
          path: [field],
          message: `belongs to optimizer momentum, and optimizer is ${t.optimizer}`,
        });
      }
    }
  })
  .transform((t) => (t.epochs === undefined && t.steps === undefined ? { ...t, epochs: 10 } : t));

const kdTerm = z.strictObject({
  term: z.literal('kd'),
  weight: z.number().min(0, 'must not be negative').default(0.9),
  /** Divides logits before softmax. Hinton et al. 2015, §2. */
  temperature: positive.max(1000).default(4),
});
const ceTerm = z.strictObject({
  term: z.literal('ce'),
  weight: z.number().min(0, 'must not be negative').default(0.1),
});
const term = z.discriminatedUnion('term', [kdTerm, ceTerm], { error: 'term must be kd or ce' });

const views = z.strictObject({
  seed: seed.default(1),
  /** Epochs after which the views repeat, so that stored answers serve again. */
  cycle: count.default(1),
  /** Greatest shift as a share of height and width, in [0, 0.5]. */
  shift: z.number().min(0).max(0.5).default(0),
  /** Mirrors half of the samples left to right. */
  flip: z.boolean().default(false),
});

const selection = z.strictObject({
  split: z.literal('validation').default('validation'),
  metric: z.enum(['nll', 'accuracy']).default('nll'),
  /** Steps between two passes over the validation split; default one pass over the transfer set. */
  everySteps: count.optional(),
});

const metadata = z.strictObject({
  name,
  team: z.string().max(100).optional(),
  labels: z.record(z.string().max(63), z.string().max(200)).optional(),
});

/** A stratified choice of training samples that keep their label; the rest count as unlabelled. */
const labels = z.union([z.literal('all'), z.strictObject({ count, seed: seed.default(1) })], {
  error: 'all, or { count, seed }',
});

const student = z.strictObject({
  model: studentModel,
  /** `train`: also train the student alone; `run:ID`: that run was it. */
  baseline: z.union([z.enum(['none', 'train']), runReference]).default('none'),
  references: z.strictObject({ studentAllLabels: runReference.optional() }).default({}),
});

const head = { apiVersion: z.literal('lyceum.dev/v1alpha1'), metadata };

const distillation = z.strictObject({
  ...head,
  kind: z.literal('Distillation'),
  spec: z
    .strictObject({
      dataset,
      teachers: z.array(teacher).min(1, 'name at least one teacher').max(64),
      labels: labels.default('all'),
      ensemble: z
        .strictObject({
          combine: z.enum(['arithmetic', 'geometric']).default('arithmetic'),
          quorum: z.literal('all').default('all'),
        })
        .prefault({}),
      student,
      objective: z
        .array(term)
        .min(1)
        .max(8)
        .prefault([{ term: 'kd' }, { term: 'ce' }]),
      views: views.optional(),
      training: training.prefault({}),
      selection: selection.prefault({}),
    })
    .superRefine((spec, context) => {
      if (spec.teachers.every((t) => t.weight === 0)) {
        context.addIssue({
          code: 'custom',
          path: ['teachers'],
          message: 'all weights are 0; at least one must be greater',
        });
      }
      const seen = new Set<string>();
      for (const [index, { name: teacherName }] of spec.teachers.entries()) {
        if (seen.has(teacherName)) {
          context.addIssue({
            code: 'custom',
            path: ['teachers', index, 'name'],
            message: `${teacherName} is there twice; names must differ`,
          });
        }
        seen.add(teacherName);
      }
      if (!spec.objective.some((t) => t.term === 'kd' && t.weight > 0)) {
        context.addIssue({
          code: 'custom',
          path: ['objective'],
          message:
            'no term asks the teachers; add a kd term with a weight above 0, or use kind: Training',
        });
      }
    }),
});

const trainingAlone = z.strictObject({
  ...head,
  kind: z.literal('Training'),
  spec: z.strictObject({
    dataset,
    labels: labels.default('all'),
    student: z.strictObject({ model: studentModel }),
    objective: z
      .array(ceTerm)
      .length(1)
      .prefault([{ term: 'ce', weight: 1 }]),
    views: views.optional(),
    training: training.prefault({}),
    selection: selection.prefault({}),
  }),
});

const runSpecification = z.discriminatedUnion('kind', [distillation, trainingAlone], {
  error: 'kind must be Distillation or Training',
});

export type RunSpecification = z.output<typeof runSpecification>;
export type DistillationSpecification = z.output<typeof distillation>;
export type TrainingSpecification = z.output<typeof trainingAlone>;
export type TrainingSettings = z.output<typeof training>;
export type LearningRateSettings = z.output<typeof learningRate>;
export type StudentModelSettings = z.output<typeof studentModel>;
export type ViewSettings = z.output<typeof views>;
export type TermSettings = z.output<typeof term>;
export type LabelSettings = z.output<typeof labels>;

/**
 * Reads a specification from an already parsed document and fills in every default.
 *
 * @param source - what to call the document in an error, a file name for one.
 * @throws {InvalidDocumentError} naming every field that is wrong.
 */
export function checkRunSpecification(document: unknown, source: string): RunSpecification {
  const result = runSpecification.safeParse(document, { reportInput: true });
  if (!result.success)
    throw new InvalidDocumentError(source, result.error.issues.flatMap(problems));
  return Object.freeze(result.data);
}

/**
 * Reads a specification from YAML (JSON is YAML).
 *
 * @throws {InvalidDocumentError} if it is too long, not YAML, or not a specification.
 */
export function parseRunSpecification(text: string, source: string): RunSpecification {
  const bytes = Buffer.byteLength(text);
  if (bytes > SPECIFICATION_MAX_BYTES) {
    const message = `is ${bytes} bytes long; at most ${SPECIFICATION_MAX_BYTES} are read`;
    throw new InvalidDocumentError(source, [{ path: '', message }]);
  }
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch (err) {
    const message = `is not YAML: ${err instanceof Error ? err.message : String(err)}`;
    throw new InvalidDocumentError(source, [{ path: '', message }]);
  }
  return checkRunSpecification(document, source);
}

/** The specification's normalised text: every default filled in, keys in a fixed order. */
export function normalisedText(specification: RunSpecification): string {
  return JSON.stringify(specification, sortKeys);
}

/** SHA-256, hex, of the normalised text: equal for two specifications that mean the same. */
export function specificationDigest(specification: RunSpecification): string {
  return createHash('sha256').update(normalisedText(specification)).digest('hex');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function problems(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: pathText([...issue.path, key]),
      message: 'is not a known key here',
    }));
  }
  return [{ path: pathText(issue.path), message: issue.message }];
}

/** `['spec', 'teachers', 1, 'weight']` as `spec.teachers[1].weight`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number'
        ? `${text}[${part}]`
        : text === ''
          ? String(part)
          : `${text}.${String(part)}`,
    '',
  );
}
