/** Training in this process with the product's own steps: teachers on labels, students on given answers. */
import { type Dataset, type SplitName, splitSamples } from '@lyceum/learning/datasets';
import { combineTargets, targetPlan } from '@lyceum/learning/ensemble';
import { learningRate } from '@lyceum/learning/learning-rates';
import { batchSpan, orderedRows } from '@lyceum/learning/orders';
import type { RunSpecification } from '@lyceum/learning/specification';
import { type Engine, Inference } from '@lyceum/learning/tensorflow';
import { IDENTITY_VIEW, readInputs } from '@lyceum/learning/views';
import { elementCount, LyceumError } from '@lyceum/proto';
import { BatchSource, Student } from '@lyceum/student-worker/compute';

const INFERENCE_ROWS = 256;

/**
 * @param answers - for each teacher [N, C] over the train split, in the split's order; empty for a run on labels.
 * @returns the model after the last step; the caller disposes of it.
 */
export async function trained(
  engine: Engine,
  specification: RunSpecification,
  dataset: Dataset,
  answers: readonly Float32Array[],
  signal: AbortSignal,
): Promise<Student> {
  const student = await Student.open(engine, specification, dataset, undefined);
  const source = new BatchSource(dataset, specification);
  const { stepCount, batchSize, sampleCount } = source.plan;
  const lastRows = sampleCount % batchSize || batchSize;
  for (let step = 0; step < stepCount; step++) {
    signal.throwIfAborted();
    const batch = source.batch(step);
    const targets = targetsOf(specification, dataset, answers, source, step);
    if (step === 0) {
      const reason = student.trace(batch, targets, [...new Set([batchSize, lastRows])]);
      if (reason !== undefined) throw new LyceumError('INTERNAL', `no graph: ${reason}`);
    }
    const rate = learningRate(specification.spec.training.learningRate, step, stepCount);
    student.step(batch, targets, rate).dispose();
  }
  student.settle();
  return student;
}

function targetsOf(
  specification: RunSpecification,
  { classCount }: Dataset,
  answers: readonly Float32Array[],
  { plan }: BatchSource,
  step: number,
): ReadonlyMap<string, Float32Array> {
  if (specification.kind !== 'Distillation') return new Map();
  const { spec } = specification;
  const { epoch, firstPosition, positionCount } = batchSpan(plan, step);
  const order = { seed: spec.training.seed, epoch };
  const rows = orderedRows(plan.sampleCount, order, firstPosition, positionCount);
  const logits = answers.map((values) => {
    const own = new Float32Array(positionCount * classCount);
    for (const [i, row] of rows.entries()) {
      own.set(values.subarray(row * classCount, (row + 1) * classCount), i * classCount);
    }
    return own;
  });
  const targets = targetPlan(spec);
  const answered = { teacherLogits: logits, rowCount: positionCount, classCount };
  const pooled = combineTargets(targets, answered);
  return new Map(targets.tensors.map(({ name }, i) => [name, pooled[i] as Float32Array]));
}

/** The model's logits over a split, [N, C], in the split's order. */
export function splitLogits(
  engine: Engine,
  { model, settings }: Student,
  dataset: Dataset,
  split: SplitName,
): Float32Array {
  const { sampleShape, classCount } = dataset;
  const samples = splitSamples(dataset, split);
  const inference = new Inference(engine, model, settings, sampleShape, INFERENCE_ROWS);
  const size = elementCount(sampleShape);
  const inputs = new Float32Array(INFERENCE_ROWS * size);
  const out = new Float32Array(samples.length * classCount);
  for (let row = 0; row < samples.length; row += INFERENCE_ROWS) {
    const part = samples.subarray(row, row + INFERENCE_ROWS);
    readInputs(dataset, part, IDENTITY_VIEW, inputs);
    out.set(inference.run(inputs, part.length), row * classCount);
  }
  inference.dispose();
  return out;
}
