/** A run that trains in a second: 200 points of three clouds in the plane, and its teacher's outputs. */
import { type Dataset, encodeDataset, parseDataset, splitSamples } from '@lyceum/learning/datasets';
import { combineTargets, targetPlan, targetRowShape } from '@lyceum/learning/ensemble';
import { targetSumColumns } from '@lyceum/learning/history';
import { batchSpan, orderedRows, type StepPlan, stepPlan } from '@lyceum/learning/orders';
import {
  checkRunSpecification,
  type DistillationSpecification,
  type RunSpecification,
} from '@lyceum/learning/specification';
import { float32Tensor, TargetFrame } from '@lyceum/proto';

const CLASS_COUNT = 3;
const CENTRES = [
  [0, 1],
  [1, -1],
  [-1, -1],
] as const;

/** Sample n belongs to class n mod 3; seven of ten train, one validates, two test. */
export function smallDataset(sampleCount = 200): { bytes: Buffer; dataset: Dataset } {
  const samples = [...Array(sampleCount).keys()];
  const inputs = samples.flatMap((n) => {
    const [x, y] = CENTRES[n % CLASS_COUNT] ?? CENTRES[0];
    return [x + 0.8 * Math.sin(n * 7.3), y + 0.8 * Math.cos(n * 3.1)];
  });
  const bytes = encodeDataset({
    sampleShape: [2],
    sampleCount,
    classCount: CLASS_COUNT,
    classNames: ['a', 'b', 'c'],
    inputs: Float32Array.from(inputs),
    inputScale: 1,
    labels: Int32Array.from(samples, (n) => n % CLASS_COUNT),
    splits: Uint8Array.from(samples, (n) => [1, 1, 1, 1, 1, 1, 1, 2, 3, 3][n % 10] ?? 1),
  });
  return { bytes, dataset: parseDataset(bytes) };
}

const student = { model: { architecture: 'mlp', hiddenUnits: [8] } };
const training = { batchSize: 16, steps: 60, checkpointEverySteps: 10, learningRate: 0.01 };

export const smallTraining: RunSpecification = checkRunSpecification(
  {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Training',
    metadata: { name: 'small-training' },
    spec: { dataset: 'small', student, training },
  },
  'small training',
);

export const smallDistillation: RunSpecification = checkRunSpecification(
  {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: 'small-distillation' },
    spec: {
      dataset: 'small',
      teachers: [{ name: 'plane', model: 'plane' }],
      student: { ...student, baseline: 'none' },
      training,
    },
  },
  'small distillation',
);

/** The distillation's targets, from a teacher whose logits are minus the distances to the centres. */
export class SmallTargets {
  readonly plan: StepPlan;
  readonly tensors: { name: string; rowShape: number[] }[];
  readonly #dataset: Dataset;
  readonly #spec: DistillationSpecification['spec'];

  constructor(dataset: Dataset, specification: RunSpecification) {
    if (specification.kind !== 'Distillation') throw new Error('want a distillation');
    const { spec } = specification;
    const { batchSize, epochs, steps } = spec.training;
    const sampleCount = splitSamples(dataset, 'train').length;
    this.plan = stepPlan({ sampleCount, batchSize, epochs, steps });
    this.#dataset = dataset;
    this.#spec = spec;
    this.tensors = targetPlan(spec).tensors.map((tensor) => ({
      name: tensor.name,
      rowShape: targetRowShape(tensor, CLASS_COUNT),
    }));
  }

  /** A step's rows in two frames, since frames may be cut anywhere. */
  frames(step: number): TargetFrame[] {
    const { epoch, firstPosition, positionCount } = batchSpan(this.plan, step);
    const cut = Math.ceil(positionCount / 3);
    const last = this.#frame(epoch, firstPosition + cut, positionCount - cut);
    // Each column has the step's number.
    const length = targetSumColumns({ kind: 'Distillation', spec: this.#spec }).length;
    const values = Array.from({ length }, (_, column) => step + column / 32);
    return [this.#frame(epoch, firstPosition, cut), { ...last, figures: [{ step, values }] }];
  }

  #frame(epoch: number, firstPosition: number, rows: number): TargetFrame {
    const { sampleCount } = this.plan;
    const order = { seed: this.#spec.training.seed, epoch };
    const train = splitSamples(this.#dataset, 'train');
    const logits = Float32Array.from(
      [...orderedRows(sampleCount, order, firstPosition, rows)].flatMap((row) => {
        const sample = train[row] ?? 0;
        const [x = 0, y = 0] = this.#dataset.inputs.subarray(2 * sample, 2 * sample + 2);
        return CENTRES.map(([cx, cy]) => -4 * Math.hypot(x - cx, y - cy));
      }),
    );
    const plan = targetPlan(this.#spec);
    const values = combineTargets(plan, {
      teacherLogits: this.#spec.teachers.map((_, k) => logits.map((value) => value * (1 + k / 2))),
      rowCount: rows,
      classCount: CLASS_COUNT,
    });
    return TargetFrame.fromPartial({
      epoch,
      firstPosition,
      tensors: plan.tensors.map((tensor, i) => {
        const shape = [rows, ...targetRowShape(tensor, CLASS_COUNT)];
        return float32Tensor(tensor.name, shape, values[i] ?? new Float32Array());
      }),
    });
  }
}
