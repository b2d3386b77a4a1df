/** The thread of `colocated`: a loop of the teachers' inferences, one after another, and the student's step. */
import { type Dataset, parseDataset } from '@lyceum/learning/datasets';
import { combineTargets, targetPlan } from '@lyceum/learning/ensemble';
import { parseModelPackage } from '@lyceum/learning/formats';
import { learningRate } from '@lyceum/learning/learning-rates';
import { parseRunSpecification } from '@lyceum/learning/specification';
import { type Engine, Inference, loadModel, openEngine } from '@lyceum/learning/tensorflow';
import { offerToOwner } from '@lyceum/platform/threads';
import { LyceumError } from '@lyceum/proto';
import { BatchSource, Student } from '@lyceum/student-worker/compute';

const INFERENCE_ROWS = 128;

export interface ColocatedRequest {
  /** The set's file. */
  readonly dataset: Uint8Array;
  /** Model packages, in ensemble order. */
  readonly models: readonly Uint8Array[];
  /** Specification of the distillation, JSON. */
  readonly specification: string;
}

export interface ColocatedCalls {
  /** Measures the plain loop. @throws {LyceumError} INTERNAL if a part cannot run as one graph. */
  samplesPerSecond(request: ColocatedRequest): Promise<number>;
}

const engine = await openEngine({ only: 'native' });
offerToOwner<ColocatedCalls>({
  samplesPerSecond: (request) => samplesPerSecond(engine, request),
});

async function samplesPerSecond(engine: Engine, request: ColocatedRequest): Promise<number> {
  const specification = parseRunSpecification(request.specification, 'colocated');
  if (specification.kind !== 'Distillation') throw new Error('the run has no teachers');
  const { spec } = specification;
  const dataset = parseDataset(Buffer.from(request.dataset));
  const plan = targetPlan(spec);
  const batches = new BatchSource(dataset, specification);
  const teachers = await Promise.all(
    request.models.map((model) => openTeacher(engine, dataset, Buffer.from(model))),
  );
  const student = await Student.open(engine, specification, dataset, undefined);
  const first = batches.batch(0);
  const targetsOf = ({ inputs, rows }: typeof first) => {
    const pooled = combineTargets(plan, {
      teacherLogits: teachers.map(({ inference }) => inference.run(inputs, rows)),
      rowCount: rows,
      classCount: dataset.classCount,
    });
    return new Map(plan.tensors.map(({ name }, i) => [name, pooled[i] as Float32Array]));
  };
  try {
    const { batchSize, sampleCount, stepCount } = batches.plan;
    const rowCounts = [...new Set([batchSize, sampleCount % batchSize || batchSize])];
    const reasons = teachers.map(({ inference }) => inference.trace(first.inputs, first.rows));
    const reason = [...reasons, student.trace(first, targetsOf(first), rowCounts)].find(Boolean);
    if (reason !== undefined) throw new LyceumError('INTERNAL', `no graph: ${reason}`);
    let samples = 0;
    const start = performance.now();
    for (let step = 0; step < stepCount; step++) {
      const batch = batches.batch(step);
      const rate = learningRate(spec.training.learningRate, step, stepCount);
      const loss = student.step(batch, targetsOf(batch), rate);
      // Reading the last loss waits until a device with its own queue has done all steps.
      if (step === stepCount - 1) loss.dataSync();
      loss.dispose();
      samples += batch.rows;
    }
    return (samples * 1000) / (performance.now() - start);
  } finally {
    student.dispose();
    for (const { dispose } of teachers) dispose();
  }
}

async function openTeacher(
  engine: Engine,
  dataset: Dataset,
  bytes: Buffer,
): Promise<{ readonly inference: Inference; readonly dispose: () => void }> {
  const modelPackage = parseModelPackage(bytes);
  const model = await loadModel(engine, modelPackage);
  const { settings } = modelPackage;
  const inference = new Inference(engine, model, settings, dataset.sampleShape, INFERENCE_ROWS);
  const dispose = () => {
    inference.dispose();
    model.dispose();
  };
  return { inference, dispose };
}
