/** The product's own training step on prepared batches of made-up images. */
import { encodeDataset, parseDataset } from '@lyceum/learning/datasets';
import { checkRunSpecification } from '@lyceum/learning/specification';
import type { Engine } from '@lyceum/learning/tensorflow';
import { type Batch, Student } from '@lyceum/student-worker/compute';

export const BATCH_SIZE = 128;
const SAMPLE_SHAPE = [28, 28, 1];
const SAMPLE_SIZE = 784;
const CLASSES = 10;
const TARGET = 'pooled/arithmetic/4';

interface PreparedBatch {
  readonly batch: Batch;
  readonly targets: ReadonlyMap<string, Float32Array>;
}

/** @returns samples per second. */
export function takeSteps(
  student: Student,
  batches: readonly PreparedBatch[],
  count: number,
): number {
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const { batch, targets } = batches[i % batches.length] as PreparedBatch;
    const loss = student.step(batch, targets, 1e-3);
    // Reading the last loss waits until a device with its own queue has done all steps.
    if (i === count - 1) loss.dataSync();
    loss.dispose();
  }
  return (count * BATCH_SIZE * 1000) / (performance.now() - start);
}

export function openStudent(engine: Engine, model: object): Promise<Student> {
  const document = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: 'step' },
    spec: {
      dataset: 'waves',
      teachers: [{ name: 'a', model: 'a' }],
      student: { model },
      objective: [{ term: 'kd', temperature: 4 }, { term: 'ce' }],
      training: { batchSize: BATCH_SIZE, epochs: 1 },
    },
  };
  const dataset = encodeDataset({
    sampleShape: SAMPLE_SHAPE,
    sampleCount: 1,
    classCount: CLASSES,
    classNames: Array.from({ length: CLASSES }, (_, c) => `class ${c}`),
    inputs: new Float32Array(SAMPLE_SIZE),
    inputScale: 1,
    labels: Int32Array.of(0),
    splits: Uint8Array.of(1),
  });
  return Student.open(
    engine,
    checkRunSpecification(document, 'step'),
    parseDataset(dataset),
    undefined,
  );
}

export function preparedBatch(index: number): PreparedBatch {
  const inputs = Float32Array.from({ length: BATCH_SIZE * SAMPLE_SIZE }, (_, i) =>
    Math.sin(i * 0.37 + index),
  );
  const hardLabels = new Float32Array(BATCH_SIZE * CLASSES);
  const target = new Float32Array(BATCH_SIZE * CLASSES);
  for (let row = 0; row < BATCH_SIZE; row++) {
    const label = (row * 7 + index) % CLASSES;
    hardLabels[row * CLASSES + label] = 1;
    for (let c = 0; c < CLASSES; c++) target[row * CLASSES + c] = c === label ? 0.55 : 0.05;
  }
  return {
    batch: { step: index, rows: BATCH_SIZE, inputs, hardLabels },
    targets: new Map([[TARGET, target]]),
  };
}
