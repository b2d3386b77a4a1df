/**
 * The oracle: the same run in one process, written as simply as possible. It has no tickets, no answers, no window and
 * no checkpoints; the teachers infer one epoch at a time, in order.
 *
 * The oracle shares the mathematics with the cluster (orders, views, inference, codecs, pooling, the training
 * step), but no code that distributes work. So a step that a cluster lost, repeated or trained on another target
 * changes the bits.
 *
 * Symbols: N samples of the train split, C classes.
 */
import { createHash } from 'node:crypto';
import { throughCodec } from '@lyceum/learning/codecs';
import { splitSamples } from '@lyceum/learning/datasets';
import { chosenCodec, combineTargets, targetPlan } from '@lyceum/learning/ensemble';
import { parseModelPackage } from '@lyceum/learning/formats';
import { learningRate } from '@lyceum/learning/learning-rates';
import { batchSpan, orderedRows } from '@lyceum/learning/orders';
import { type Engine, Inference, loadModel } from '@lyceum/learning/tensorflow';
import { readInputs, viewAt } from '@lyceum/learning/views';
import { elementCount } from '@lyceum/proto';
import {
  BatchSource,
  hashTargets,
  type LedgerSegment,
  Student,
} from '@lyceum/student-worker/compute';
import type { ChaosRun } from './chaos-run.js';

/** Rows of one inference, from the start of an epoch on; the last rows are padded. */
const INFERENCE_ROWS = 128;

export interface OracleResult {
  /** SHA-256, hex, over all weights after the last step. */
  readonly finalWeightsDigest: string;
  /** The digest that a ledger's segment of these steps must have. */
  targetsDigest(steps: Pick<LedgerSegment, 'firstStep' | 'endStep'>): string;
}

export async function oracle(engine: Engine, run: ChaosRun): Promise<OracleResult> {
  const { dataset, specification, stepCount, teachers } = run;
  const { spec } = specification;
  const inferences = await Promise.all(
    [...teachers.values()].map((bytes) => teacherInference(engine, run, bytes)),
  );
  const plan = targetPlan(spec);
  const batches = new BatchSource(dataset, specification);
  const student = await Student.open(engine, specification, dataset, undefined);
  const targets: ReadonlyMap<string, Float32Array>[] = [];
  let epochOfLogits = -1;
  let logits: Float32Array[] = [];
  for (let step = 0; step < stepCount; step++) {
    const { epoch, firstPosition, positionCount } = batchSpan(batches.plan, step);
    if (epoch !== epochOfLogits) {
      logits = inferences.map((inference) => epochLogits(run, inference, epoch));
      epochOfLogits = epoch;
    }
    const rows = logits.map((values) =>
      values.subarray(
        firstPosition * dataset.classCount,
        (firstPosition + positionCount) * dataset.classCount,
      ),
    );
    const pooled = combineTargets(plan, {
      teacherLogits: rows,
      rowCount: positionCount,
      classCount: dataset.classCount,
    });
    const target = new Map(
      plan.tensors.map(({ name }, index) => [name, pooled[index] as Float32Array]),
    );
    targets.push(target);
    const rate = learningRate(spec.training.learningRate, step, stepCount);
    student.step(batches.batch(step), target, rate).dispose();
  }
  const finalWeightsDigest = student.weightsDigest();
  student.dispose();
  return {
    finalWeightsDigest,
    targetsDigest: ({ firstStep, endStep }) => {
      const hash = createHash('sha256');
      for (const target of targets.slice(firstStep, endStep)) hashTargets(hash, target);
      return hash.digest('hex');
    },
  };
}

async function teacherInference(
  engine: Engine,
  { dataset }: ChaosRun,
  bytes: Buffer,
): Promise<Inference> {
  const modelPackage = parseModelPackage(bytes);
  const model = await loadModel(engine, modelPackage);
  const { settings } = modelPackage;
  return new Inference(engine, model, settings, dataset.sampleShape, INFERENCE_ROWS);
}

/** One teacher's logits over an epoch, [N, C], in the epoch's order, after the answers' codec. */
function epochLogits(
  { dataset, specification }: ChaosRun,
  inference: Inference,
  epoch: number,
): Float32Array {
  const { spec } = specification;
  const train = splitSamples(dataset, 'train');
  const order = { seed: spec.training.seed, epoch };
  const samples = orderedRows(train.length, order, 0, train.length).map(
    (row) => train[row] as number,
  );
  const logits = new Float32Array(samples.length * dataset.classCount);
  const sampleSize = elementCount(dataset.sampleShape);
  const inputs = new Float32Array(INFERENCE_ROWS * sampleSize);
  for (let first = 0; first < samples.length; first += INFERENCE_ROWS) {
    const part = samples.subarray(first, first + INFERENCE_ROWS);
    readInputs(dataset, part, viewAt(spec.views, epoch), inputs);
    logits.set(inference.run(inputs, part.length), first * dataset.classCount);
  }
  const codec = chosenCodec(spec, dataset.classCount);
  return throughCodec(codec, logits, samples.length, dataset.classCount);
}
