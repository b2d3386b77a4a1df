/** A run of 16 steps with one teacher, its data set, and the table of the teacher's answers. */
import { orderedRows } from '@lyceum/learning/orders';
import { checkRunSpecification } from '@lyceum/learning/specification';
import type { AnswerTableKey } from '../../src/answers/answer-table-key.js';
import type { DatasetOutline } from '../../src/artifacts/inspect-artifact.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { aHeldRun, pinned, SET } from './a-run.js';

/** Samples of train, eight steps an epoch; 8 more are validation samples, to fit a rule to. */
export const TRAIN = 32;
const SAMPLES = 40;
export const plan = { sampleCount: TRAIN, batchSize: 4, stepsPerEpoch: 8, stepCount: 16 };
export const dataset = {
  digest: SET,
  sampleCount: SAMPLES,
  classCount: 2,
  labels: new Int32Array(SAMPLES),
  splits: Uint8Array.from({ length: SAMPLES }, (_, i) => (i < TRAIN ? 1 : 2)),
  modalities: new Map(),
} as unknown as DatasetOutline;
export const ANNA = 'a1'.repeat(32);
export const key: AnswerTableKey = {
  teacherIdentity: ANNA,
  datasetDigest: SET,
  view: 'identity',
  viewEpoch: 0,
  outputs: ['logits'],
  codec: 'float32',
  sampleCount: SAMPLES,
  rowLength: 2,
};
export const fit = { weights: [1], temperatures: [1] } as unknown as NonNullable<RunRecord['fit']>;

export function aRun(changed: Partial<RunRecord> = {}): RunRecord {
  const specification = checkRunSpecification(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Distillation',
      metadata: { name: 'run' },
      spec: {
        dataset: 'set',
        teachers: [{ name: 'anna', model: 'anna' }],
        ensemble: { combine: 'accuracy' },
        student: { model: { architecture: 'mlp' } },
        training: { batchSize: 4, epochs: 2, seed: 5 },
      },
    },
    'test',
  );
  const teachers = [{ ...pinned('anna'), identity: ANNA }];
  const set = { digest: SET, classCount: 2 };
  const own = { specification, teachers, dataset: set, plan, answerCodec: 'float32' } as const;
  return aHeldRun({ ...own, ...changed });
}

/** The first step with the sample. */
export function stepOf(sample: number): number {
  const rows = orderedRows(TRAIN, { seed: 5, epoch: 0 }, 0, TRAIN);
  return Math.floor([...rows].indexOf(sample) / plan.batchSize);
}
