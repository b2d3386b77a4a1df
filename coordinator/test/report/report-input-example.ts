/** A report's input for figures by hand: 2 classes, 2 teachers; 4 test, 2 train samples and 1 validation sample. */
import { parseRunSpecification } from '@lyceum/learning/specification';
import type { ReportInput, SplitLogits, StudentEvaluation } from '../../src/report/report-input.js';

export const DIGEST = {
  a: 'a'.repeat(64),
  b: 'b'.repeat(64),
  c: 'c'.repeat(64),
  d: 'd'.repeat(64),
};

/** Logits [N, 2] whose softmax gives class 0 these probabilities. */
export function logitsOf(...probabilitiesOfClass0: number[]): Float32Array {
  return Float32Array.from(probabilitiesOfClass0.flatMap((p) => [Math.log(p), Math.log(1 - p)]));
}

/** Logits of two train samples, one validation sample, and test samples; in the example of classes 0 1, 1, 0 0 1 1. */
export function splitLogits(
  [first, second]: [number, number],
  validation: number,
  ...test: number[]
): SplitLogits {
  return {
    train: logitsOf(first, second),
    validation: logitsOf(validation),
    test: logitsOf(...test),
  };
}

const SPECIFICATION = parseRunSpecification(
  `
apiVersion: lyceum.dev/v1alpha1
kind: Distillation
metadata: { name: example }
spec:
  dataset: digits
  labels: { count: 20, seed: 5 }
  teachers:
    - { name: wide, model: wide, weight: 3 }
    - { name: deep, model: deep, weight: 1 }
  student: { model: { architecture: mlp } }
  training: { seed: 7 }
  views: { seed: 9 }
`,
  'example',
);

function student(runId: string, logits: SplitLogits): StudentEvaluation {
  return {
    runId,
    logits,
    modelDigest: DIGEST.c,
    finalWeightsDigest: DIGEST.d,
    parameterCount: 100,
    weightBytes: 400,
    latencyBatch1Ms: 0.5,
  };
}

export function exampleInput(changes: Partial<ReportInput> = {}): ReportInput {
  const teacher = { parameterCount: 1000, weightBytes: 4000, latencyBatch1Ms: 2 };
  const worker = {
    workerId: 'student-1',
    version: '0.1.0',
    engine: 'native',
    engineVersion: 'tensorflow 2.21.0',
    computeThreads: 2,
    device: 'cpu',
  };
  return {
    runId: 'example',
    attempt: 1,
    specification: SPECIFICATION,
    specificationDigest: DIGEST.a,
    dataset: {
      digest: DIGEST.b,
      classCount: 2,
      classNames: ['cat', 'dog'],
      labelledTrainCount: 20,
      trainCount: 70,
      validationCount: 1,
      sharedSamples: { validationInTrain: 0, testInTrain: 2, testInValidation: 0 },
    },
    splits: {
      train: { sampleIds: Int32Array.of(1, 0), labels: Int32Array.of(0, 1) },
      validation: { sampleIds: Int32Array.of(5), labels: Int32Array.of(1) },
      test: { sampleIds: Int32Array.of(3, 8, 9, 12), labels: Int32Array.of(0, 0, 1, 1) },
    },
    teachers: [
      {
        ...teacher,
        name: 'wide',
        access: 'white',
        identity: DIGEST.a,
        modelDigest: DIGEST.b,
        weight: 3,
        logits: splitLogits([0.8, 0.1], 0.3, 0.9, 0.8, 0.2, 0.4),
      },
      {
        ...teacher,
        name: 'deep',
        access: 'white',
        identity: DIGEST.c,
        modelDigest: DIGEST.d,
        weight: 1,
        logits: splitLogits([0.6, 0.7], 0.4, 0.5, 0.4, 0.6, 0.8),
      },
    ],
    student: student('example', splitLogits([0.75, 0.25], 0.6, 0.9, 0.7, 0.6, 0.1)),
    studentWithoutTeachers: student(
      'example-alone',
      splitLogits([0.55, 0.25], 0.2, 0.9, 0.3, 0.6, 0.1),
    ),
    training: { samples: 5000, seconds: 4, waitingSeconds: 1, stepCount: 40, selectedStep: 30 },
    submittedAtMs: 1_000_000,
    endedAtMs: 1_012_500,
    environment: {
      coordinatorVersion: '0.1.0',
      node: '20.20.0',
      studentWorker: worker,
      teacherWorkers: [{ ...worker, workerId: 'teacher-1' }],
    },
    contributorCounts: { degradedSteps: 0, unknownSteps: 0, teacherSteps: [40, 40] },
    teacherKnowledge: {},
    acceptedTeachers: [],
    teacherWarnings: [],
    bitExactExceptions: [],
    ...changes,
  };
}
