/**
 * Measures one device in a process of its own, since engines read their environment once: `node probe.js OPTIONS`, which
 * are JSON. The last line of stdout is the result.
 */
import { exportOnnx } from '@lyceum/learning/export';
import { encodeModelPackage, onnxPackageOf, parseModelPackage } from '@lyceum/learning/formats';
import { OnnxInference } from '@lyceum/learning/onnx';
import {
  type ArchitectureSettings,
  buildStudent,
  type Engine,
  gpuProblem,
  Inference,
  openEngine,
  savedModel,
  setComputeThreads,
  setGpu,
} from '@lyceum/learning/tensorflow';
import { toLyceumError } from '@lyceum/proto';
import { openStudent, preparedBatch, takeSteps } from '../engine/index.js';
import {
  differenceShare,
  type Measured,
  type Outputs,
  type ProbeOptions,
  type ProbeResult,
} from './probe-result.js';

const COMPUTE_THREADS = 2;
const CLASSES = 10;
/** What a rate is measured over, at least; and batches at most, on a slow device. */
const MEASURED_MS = 5_000;
const MEASURED_BATCHES = 50;

interface Teacher {
  readonly architecture: ArchitectureSettings;
  readonly sampleShape: readonly number[];
  readonly rows: number;
}

/** Five convolutions and a wide layer: 29.7 million parameters, 3.3 thousand million products a sample, as ResNet-50. */
const LARGE_TEACHER: Teacher = {
  architecture: { architecture: 'conv', filters: [64, 128, 256, 512, 512], denseUnits: [1024] },
  sampleShape: [224, 224, 3],
  rows: 32,
};
const SMALL_TEACHER: Teacher = {
  architecture: { architecture: 'conv', filters: [4, 8], denseUnits: [16] },
  sampleShape: [28, 28, 1],
  rows: 32,
};

const STUDENT = { architecture: 'conv', filters: [16, 32], denseUnits: [64] };
const STUDENT_BATCHES = 8;

const options = JSON.parse(process.argv[2] ?? '{}') as ProbeOptions;
process.stdout.write(`${JSON.stringify(await probe(options))}\n`);

async function probe({ device, small }: ProbeOptions): Promise<ProbeResult> {
  setComputeThreads(COMPUTE_THREADS, process.env);
  setGpu(device === 'cpu' ? undefined : device.gpuUuid, 'strict', process.env);
  const engine = await openEngine();
  const { architecture, sampleShape, rows } = small ? SMALL_TEACHER : LARGE_TEACHER;
  const model = buildStudent(engine, architecture, sampleShape, CLASSES, 1);
  const inputs = Float32Array.from(
    { length: rows * sampleShape.reduce((a, b) => a * b, 1) },
    (_, i) => Math.sin(i * 0.37),
  );
  const traced = new Inference(engine, model, { output: 'logits' }, sampleShape, rows);
  traced.trace(inputs, rows);
  const teacher = await measured(async () => ({
    ...(await outputs(() => traced.run(inputs, rows), rows)),
    parameterCount: model.countParams(),
  }));
  const onnx = await measured(async () => {
    const packaged = parseModelPackage(
      encodeModelPackage(await savedModel(engine, model, { output: 'logits' })),
    );
    const classNames = Array.from({ length: CLASSES }, (_, c) => `class ${c}`);
    const form = { sampleShape, classNames, softmax: false, labels: false, int8: false };
    const opened = await OnnxInference.open(onnxPackageOf(exportOnnx(packaged, form), {}), {
      rows,
      sampleShape,
      threads: COMPUTE_THREADS,
      device: device === 'cpu' ? 'cpu' : 'cuda',
    });
    return outputs(() => opened.run(inputs, rows), rows).finally(() => opened.close());
  });
  const student = await measured(() => studentSteps(engine, small ? 16 : 200));
  const problem = device === 'cpu' ? undefined : gpuProblem(engine, device);
  return {
    engineVersion: engine.version,
    engineDevice: engine.device,
    ...(problem !== undefined && { engineProblem: problem }),
    teacher,
    onnx,
    student,
  };
}

async function outputs(
  run: () => Float32Array | Promise<Float32Array>,
  rows: number,
): Promise<Outputs> {
  const first = Float32Array.from(await run());
  const again = Float32Array.from(await run());
  const start = performance.now();
  let batches = 0;
  while (batches < MEASURED_BATCHES && performance.now() - start < MEASURED_MS) {
    await run();
    batches++;
  }
  const samplesPerSecond = (batches * rows * 1000) / (performance.now() - start);
  return { samplesPerSecond, logits: [...first], movedBy: differenceShare(first, again) };
}

/** The same steps as one graph and operation by operation, each from the same weights. */
async function studentSteps(engine: Engine, count: number) {
  const batches = Array.from({ length: STUDENT_BATCHES }, (_, index) => preparedBatch(index));
  const [first] = batches;
  const [traced, eager] = [await openStudent(engine, STUDENT), await openStudent(engine, STUDENT)];
  if (first !== undefined) {
    const { batch, targets } = first;
    const reason = traced.trace(batch, targets, [batch.rows]);
    if (reason !== undefined) throw new Error(`no graph: ${reason}`);
  }
  const stepsPerSecond = (student: typeof traced) =>
    takeSteps(student, batches, count) / (first?.batch.rows ?? 1);
  // First steps allocate and choose kernels: their time is not counted, and their weights are.
  for (const student of [traced, eager]) takeSteps(student, batches, STUDENT_BATCHES);
  const result = {
    tracedStepsPerSecond: stepsPerSecond(traced),
    eagerStepsPerSecond: stepsPerSecond(eager),
    tracedDigest: traced.weightsDigest(),
    eagerDigest: eager.weightsDigest(),
  };
  traced.dispose();
  eager.dispose();
  return result;
}

async function measured<T>(measure: () => Promise<T>): Promise<Measured<T>> {
  try {
    return await measure();
  } catch (thrown) {
    return { problem: toLyceumError(thrown).message };
  }
}
