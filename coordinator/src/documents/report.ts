/**
 * The report: what a run's models are worth, what they cost, and what made them.
 *
 * The schema is the one source; `report.schema.json` beside this file is its published form, kept equal by a
 * test. Fields are added, never renamed.
 */
import { ARTIFACT_NAME } from '@lyceum/proto';
import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A run's id. Pages and model cards print it in commands for a shell, so it must need no quotes. */
const runId = z.string().regex(ARTIFACT_NAME);
const share = z.number().min(0).max(1);

const figures = z.object({
  accuracy: share.nullable().describe('Share of the samples whose largest output is the label.'),
  nll: z
    .number()
    .nullable()
    .describe(
      'Mean negative log-likelihood of the label, in nats; null too where a label got probability 0.',
    ),
  ece: share.nullable().describe('Expected calibration error, 15 bins of equal width.'),
  brier: z
    .number()
    .min(0)
    .max(2)
    .nullable()
    .describe('Mean squared distance of the probabilities from the label, summed over classes.'),
  perClassRecall: z
    .array(share.nullable())
    .nullable()
    .describe(
      'Share of each class whose largest output is that class, [C]; null for a class without samples. Null altogether where all of a report would be more than 100,000 numbers; the predictions have them.',
    ),
  agreementWithEnsemble: share
    .nullable()
    .describe("Share of the samples with the ensemble's largest output; null without an ensemble."),
  fidelity: z
    .array(
      z.object({
        to: z.string().describe('`ensemble` or `teacher.NAME`.'),
        agreement: share.nullable().describe('Share of the samples with its largest output.'),
        kl: z
          .number()
          .nullable()
          .describe(
            'Mean KL(it ‖ the model) at temperature 1, in nats; null where the model gives probability 0.',
          ),
        agreementWhereWrong: share
          .nullable()
          .describe('The same share of the samples that it gets wrong; null where there is none.'),
      }),
    )
    .describe('Against the ensemble and each teacher, but not against itself.'),
});

const modelRow = figures.extend({
  modality: z
    .string()
    .optional()
    .describe(
      "Which of the set's modalities it sees; absent: it names none, as of a set with one, and for an ensemble.",
    ),
  train: figures.describe(
    "The same on the measured training samples; teachers' and the ensemble's are of the stored answers, as the run's codec keeps them.",
  ),
  validation: figures.describe('The same on the validation split.'),
  parameters: z
    .int()
    .min(0)
    .describe('Numbers in the weights; the sum of its teachers for an ensemble.'),
  bytes: z.int().min(0).describe('Bytes of the weights; the sum of its teachers for an ensemble.'),
  latencyBatch1Ms: z
    .number()
    .min(0)
    .describe(
      'Median milliseconds of one inference of one sample where it ran; the sum of its teachers for an ensemble.',
    ),
});

const teacherRow = modelRow.extend({
  name: z.string().describe('What the run calls it.'),
  access: z
    .enum(['white', 'gray', 'black'])
    .describe('What it gave: of `black` final answers only, hence no `nll`, `ece` and `brier`.'),
  weight: z.number().min(0).describe('Relative share in the ensemble.'),
  knownClasses: z
    .array(z.int().min(0))
    .optional()
    .describe(
      'Indices of the classes that it knows. Its figures are over all samples; fidelity to it is over samples of these classes or without a label, and among these classes. Absent: all.',
    ),
  canarySamples: z
    .object({
      used: z
        .int()
        .min(0)
        .describe(
          'Samples that canaries of this run have asked it about. A call may ask about several.',
        ),
      allowed: z.int().min(0).describe('spec.teacherHealth.canarySamples.'),
    })
    .optional()
    .describe('Absent: its canaries cost nothing.'),
  identity: sha256.describe('SHA-256 of its model, settings and engine.'),
  modelDigest: sha256.describe("SHA-256 of its model's package."),
});

const studentRow = modelRow.extend({
  runId: runId.describe('The run that trained it.'),
  modelDigest: sha256.describe('Of the model package that `coordinator pull` gives.'),
  finalWeightsDigest: sha256.describe('Of the weights after the last step, float32 little-endian.'),
});

const meanInterval = z.object({
  mean: z.number().describe('Mean over the samples.'),
  low: z.number().describe('Lower end of the 95 % interval.'),
  high: z.number().describe('Upper end of the 95 % interval.'),
});

const splitWorth = z.object({
  sampleCount: z.int().min(1).describe('Samples that have a label.'),
  accuracy: share.describe('Of the ensemble of all.'),
  nll: z.number().nullable().describe('Of the ensemble of all; null where a label got 0.'),
  teachers: z
    .array(
      z.object({
        name: z.string().describe('What the run calls it.'),
        loss: z
          .object({
            accuracy: share.describe('Of the ensemble without it.'),
            nll: z
              .number()
              .nullable()
              .describe('Of the ensemble without it; null where a label got 0.'),
            accuracyLoss: meanInterval.describe(
              'Accuracy with it less that without it: above 0, it is missed. Bonett and Price 2012.',
            ),
            nllLoss: meanInterval
              .nullable()
              .describe('NLL without it less that with it, in nats; resampled, seed 1.'),
            onlyWith: z.int().min(0).describe('Samples that only the ensemble with it gets right.'),
            onlyWithout: z.int().min(0).describe('Samples that only the one without it does.'),
            p: share.describe("McNemar's exact p of these two."),
          })
          .nullable()
          .describe('Null: the others are no ensemble.'),
        missing: z.string().optional().describe('Why not.'),
      }),
    )
    .describe('Those that the row `ensemble` is of, in ensemble order.'),
});

const workerEnvironment = z.object({
  workerId: z.string().describe('Its name in the cluster.'),
  version: z.string().describe("The program's version."),
  engine: z.string().describe('`native`, `wasm` or `lookup`.'),
  engineVersion: z.string().describe("The engine's version."),
  computeThreads: z.int().min(0).describe('Threads of the engine; bits depend on it.'),
  device: z.string().describe("`cpu` and its model, or the GPU's."),
  gpuDriver: z
    .string()
    .optional()
    .describe('Version of the driver; absent: the processor computed.'),
  gpuMemoryBytes: z
    .int()
    .min(0)
    .optional()
    .describe('Memory of the GPU; absent: the processor computed.'),
  gpuPrecision: z
    .string()
    .optional()
    .describe('What the GPU multiplied in: `float32`, or `tf32`; absent: the processor computed.'),
  bitsMayDiffer: z
    .literal(true)
    .optional()
    .describe(
      'ONNX Runtime on a GPU, or `--determinism fast`: equal questions may get other bits.',
    ),
});

export const reportSchema = z
  .object({
    apiVersion: z.literal('lyceum.dev/v1alpha1').describe('Version of the document.'),
    kind: z.literal('Report').describe('What the document is.'),
    runId: runId.describe('The run that was measured.'),
    runKind: z.enum(['Distillation', 'Training']).describe('With teachers or without.'),
    attempt: z.int().min(1).describe('The attempt that succeeded, from 1.'),
    replayOf: z.string().nullable().describe('The run whose contributors it repeated.'),
    testSampleCount: z.int().min(0).describe('Samples of the test split.'),
    labelledTestCount: z.int().min(0).describe('Those with a label, which accuracies are of.'),
    measuredTrainCount: z
      .int()
      .min(0)
      .describe(
        'Training samples that figures of train are of, without views: the first of a fixed order, at most 5,000.',
      ),
    labelledMeasuredTrainCount: z.int().min(0).describe('Those with a label.'),
    labelledValidationCount: z.int().min(0).describe('Validation samples with a label.'),
    teachers: z.array(teacherRow).describe('In ensemble order.'),
    ensemble: modelRow
      .extend({
        combine: z
          .string()
          .describe(
            "The rule of this row: the run's, arithmetic where that needs the label or the student, or majority-vote where all terms are of votes.",
          ),
        teachers: z
          .array(z.string())
          .optional()
          .describe('Names of those that any term has combined, in ensemble order.'),
        fit: z
          .record(z.string(), z.unknown())
          .optional()
          .describe(
            'What the rule was fitted to on the validation split: `temperatures` and `weights` by teacher, `classWeights` [C] by teacher, `priors` [C], `confusions` [observed, true] by teacher. Absent: nothing.',
          ),
      })
      .nullable()
      .describe('The teachers combined by that rule at temperature 1; null without teachers.'),
    student: studentRow.describe('The student that the run trained.'),
    studentWithoutTeachers: studentRow
      .nullable()
      .describe('The same student trained on the labels alone; null where the run names none.'),
    studentAllLabels: studentRow
      .nullable()
      .describe('The same student trained on all labels; null where the run names none.'),
    gapClosed: z
      .number()
      .nullable()
      .describe(
        '(student - without teachers) / (ensemble - without teachers), of accuracies; null where that is undefined.',
      ),
    teachersGain: z
      .object({
        accuracy: meanInterval.describe(
          "The student's accuracy less that without teachers, with a 95 % interval over samples; Bonett and Price 2012.",
        ),
        onlyWith: z.int().min(0).describe('Samples that only the student gets right.'),
        onlyWithout: z.int().min(0).describe('Samples that only the one without teachers does.'),
        p: share.describe("McNemar's exact p: from 0.05 on the difference may be chance."),
      })
      .nullable()
      .describe(
        'What the teachers gave the student, by the labelled test samples. Null: it was not trained without them, or there are no labels.',
      ),
    samplesPerSecond: z.number().min(0).describe('Samples trained on per second in TRAINING.'),
    wallSeconds: z
      .number()
      .min(0)
      .describe('From submit to end, without the time that it takes to compose this report.'),
    training: z
      .object({
        samples: z.int().min(0).describe('Samples trained on, each as often as it was.'),
        seconds: z.number().min(0).describe('Seconds of training, waiting included.'),
        waitingSeconds: z.number().min(0).describe('Part of `seconds` spent waiting for targets.'),
        dataWaitingSeconds: z
          .number()
          .min(0)
          .optional()
          .describe(
            'Part of `seconds` spent waiting for pictures of a set in shards. Absent: none was.',
          ),
        stepCount: z.int().min(0).describe('Optimiser steps.'),
        selectedStep: z.int().min(0).describe('Step whose weights the validation split chose.'),
        order: z
          .string()
          .optional()
          .describe(
            'Of a set in shards: in what order its samples were visited, and why, in words. Absent: the set is one file, in full order.',
          ),
      })
      .describe('What training took.'),
    cost: z
      .object({
        studentDeviceSeconds: z
          .number()
          .min(0)
          .describe(
            'Seconds of training over all attempts, those spent waiting for targets included: the device is held.',
          ),
        teachers: z
          .array(
            z.object({
              name: z.string().describe('What the run calls it.'),
              deviceSeconds: z
                .number()
                .min(0)
                .describe(
                  'Seconds that it computed answers to tickets of this run; of a ticket that several runs asked for an equal part.',
                ),
              sampleCount: z
                .int()
                .min(0)
                .describe('Samples answered for this run; what the store had is not in it.'),
              calls: z
                .object({
                  count: z.number().min(0).describe('Calls that were answered.'),
                  inputTokens: z
                    .number()
                    .min(0)
                    .describe('As the service counted them, or estimated from a chat; else 0.'),
                  outputTokens: z.number().min(0).describe('As inputTokens, of what came back.'),
                })
                .optional()
                .describe(
                  'Answered calls of a service, unreadable answers included; of calls for several runs an equal part. Canaries and self-tests are not in it. Absent: it calls none.',
                ),
              price: z
                .object({
                  amount: z.number().min(0).describe('In the currency.'),
                  currency: z.string().describe('As the description writes it.'),
                })
                .optional()
                .describe(
                  'What these calls cost by the prices of its description; absent: it has none.',
                ),
            }),
          )
          .describe('In ensemble order.'),
      })
      .nullable()
      .describe(
        'Device-seconds up to this report. Null: not known. Not in it: the evaluation of the student, the work of killed processes, and runs of the further rows, which have reports of their own.',
      ),
    worth: z
      .object({
        rule: z.string().describe('As `coordinator ensemble evaluate` writes it.'),
        validation: splitWorth.nullable().describe('Rules are fitted there; null: no labels.'),
        test: splitWorth.nullable().describe('Null: no labels.'),
      })
      .nullable()
      .describe(
        'What the ensemble loses without each of its teachers, with 95 % intervals over samples; no teacher was asked again for it. A rule that is fitted was fitted again. Null: it has fewer than two teachers, or the split is too large.',
      ),
    contributors: z
      .object({
        degradedShare: share.describe(
          'Share of steps whose targets were made of fewer than all teachers.',
        ),
        teachers: z
          .array(
            z.object({
              name: z.string().describe('What the run calls it.'),
              share: share.describe('Share of steps that it contributed to, as far as known.'),
            }),
          )
          .describe('In ensemble order.'),
      })
      .nullable()
      .describe('Which teachers the targets were made of; null without teachers.'),
    teacherKnowledge: z
      .array(
        z.object({
          name: z.string().describe('What the run calls it.'),
          rowCount: z.int().min(0).describe('Rows that it was asked about.'),
          labelledCount: z.int().min(0).describe('Those of them that have a label.'),
          accuracy: share.nullable().describe('Null: no row has a label.'),
          meanEntropy: z
            .number()
            .min(0)
            .nullable()
            .describe('In nats; null: it gives final answers only.'),
          finding: z
            .enum(['at-chance', 'constant'])
            .nullable()
            .describe('`at-chance`: no better than guessing; `constant`: the same output for all.'),
          accepted: z
            .boolean()
            .describe('Whether spec.teacherHealth.accept accepts it whatever it knows.'),
        }),
      )
      .describe(
        'What the teachers know of their probes, rows of the validation split; in ensemble order, without those that were never asked.',
      ),
    teacherWarnings: z
      .array(z.string())
      .describe(
        'What was found of the teachers: at chance, workers with other bits, or quarantined ones.',
      ),
    dataset: z
      .object({
        digest: sha256.describe('SHA-256 of the set.'),
        classCount: z.int().min(1).describe('Classes of the set.'),
        classNames: z.array(z.string()).describe('In order; empty: they have no names.'),
        trainCount: z.int().min(0).describe('Samples of the training split.'),
        labelledTrainCount: z
          .int()
          .min(0)
          .describe('Those of them whose label the student was given.'),
        validationCount: z.int().min(0).describe('Samples of the validation split.'),
        sharedSamples: z
          .object({
            validationInTrain: z.int().min(0).describe('Validation samples that are in train.'),
            testInTrain: z.int().min(0).describe('Test samples that are in train.'),
            testInValidation: z.int().min(0).describe('Test samples that are in validation.'),
          })
          .describe(
            'Samples of one split that are, value by value, in another; figures on them are too good.',
          ),
      })
      .describe('The set as the run used it.'),
    environment: z
      .object({
        coordinatorVersion: z.string().describe("The coordinator's version."),
        node: z.string().describe("The coordinator's version of Node."),
        studentWorker: workerEnvironment.describe('The one that trained the student last.'),
        teacherWorkers: z.array(workerEnvironment).describe('Those that answered for the run.'),
      })
      .describe('Programs and devices.'),
    seeds: z
      .object({
        training: z.int().min(0).describe('Of weights, orders and dropout.'),
        labels: z.int().min(0).nullable().describe('Null: all labels.'),
        views: z.int().min(0).nullable().describe('Null: no views.'),
      })
      .describe('Seeds of what was drawn.'),
    digests: z
      .object({
        specification: sha256.describe('Of the normalised specification.'),
        dataset: sha256.describe('Of the set.'),
        studentModel: sha256.describe("Of the student's package."),
        studentFinalWeights: sha256.describe('Of the weights after the last step.'),
        plugin: sha256
          .optional()
          .describe("Of the user's own terms and rules; absent: it has none."),
      })
      .describe('SHA-256 of what the run was made of, and of what it made.'),
    bitExact: z
      .boolean()
      .describe('True: the same run on the same device type and thread count gives the same bits.'),
    bitExactExceptions: z.array(z.string()).describe('Why not; empty if bitExact.'),
    specification: z
      .record(z.string(), z.unknown())
      .describe('Normalised: every default filled in.'),
  })
  .describe(
    'What a Lyceum run measured. Figures are of the test split, which is scored once, unless they are below `train` or `validation`.',
  );

export type Report = z.output<typeof reportSchema>;
export type ReportModelRow = z.output<typeof modelRow>;
export type ReportFigures = z.output<typeof figures>;

/** The published JSON Schema. Further keys are allowed: reports gain fields. */
export function reportJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(reportSchema, {
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
    },
  });
  return {
    $schema,
    $id: 'https://lyceum.dev/schemas/report.v1alpha1.json',
    title: 'Lyceum report',
    ...schema,
  };
}
