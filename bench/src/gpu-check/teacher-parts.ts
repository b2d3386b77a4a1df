/** One teacher in both engines: answers, rates and memory of each engine, and both engines in one process. */
import type { ArchitectureSettings } from '@lyceum/learning/architectures';
import { exportOnnx } from '@lyceum/learning/export';
import { encodeModelPackage, onnxPackageOf, parseModelPackage } from '@lyceum/learning/formats';
import { OnnxInference } from '@lyceum/learning/onnx';
import { buildStudent, type Engine, Inference, savedModel } from '@lyceum/learning/tensorflow';
import { GpuMemory } from '@lyceum/platform';
import { elementCount, LyceumError } from '@lyceum/proto';
import { COMPUTE_THREADS, TEACHER_ROWS, WORKER_ROWS } from './conditions.js';
import {
  differenceShare,
  leastRowDifference,
  type Outputs,
  type Parts,
  type ProbeOptions,
} from './probe-result.js';

const CLASSES = 10;
/** A rate is measured until this time is over, or this number of batches is done. */
const MEASURED_MS = 5_000;
const MEASURED_BATCHES = 50;
/** Turns of each engine, when both are in one process. */
const TURNS = 10;

interface Teacher {
  readonly architecture: ArchitectureSettings;
  readonly sampleShape: readonly number[];
}

/**
 * Five convolutions and a wide layer: 29.7 million parameters, 3.3 billion products a sample, about as ResNet-50.
 */
const LARGE_TEACHER: Teacher = {
  architecture: { architecture: 'conv', filters: [64, 128, 256, 512, 512], denseUnits: [1024] },
  sampleShape: [224, 224, 3],
};
const SMALL_TEACHER: Teacher = {
  architecture: { architecture: 'conv', filters: [4, 8], denseUnits: [16] },
  sampleShape: [28, 28, 1],
};

type Run = () => Float32Array | Promise<Float32Array>;

export class TeacherParts {
  readonly #engine: Promise<Engine>;
  readonly #teacher: Teacher;
  readonly #device: ProbeOptions['device'];
  readonly #memory: GpuMemory;
  #model: ReturnType<typeof buildStudent> | undefined;
  #tensorflow: { readonly run: Run; readonly logits: Float32Array } | undefined;
  #onnx: { readonly run: Run; readonly logits: Float32Array } | undefined;
  #opened: OnnxInference | undefined;

  constructor(engine: Promise<Engine>, { device, small }: ProbeOptions) {
    this.#engine = engine;
    this.#device = device;
    this.#memory = new GpuMemory(device === 'cpu' ? undefined : device);
    this.#teacher = small ? SMALL_TEACHER : LARGE_TEACHER;
  }

  async tensorflow(): Promise<Parts['teacher']> {
    const engine = await this.#engine;
    const before = await this.#memory.usedBytes();
    const model = await this.#built();
    const inputs = samples(TEACHER_ROWS, this.#sampleSize);
    const inference = this.#inference(engine, model, TEACHER_ROWS);
    const notTraced = inference.trace(inputs, TEACHER_ROWS);
    const run = () => inference.run(inputs, TEACHER_ROWS);
    const measured = await outputs(run, TEACHER_ROWS);
    const logits = Float32Array.from(measured.logits);
    this.#tensorflow = { run, logits };
    return {
      ...measured,
      parameterCount: model.countParams(),
      rowsDifferBy: leastRowDifference(logits, CLASSES),
      notTraced,
      memoryBytes: grownBy(before, await this.#memory.usedBytes()),
    };
  }

  async fullBatch(): Promise<Parts['fullBatch']> {
    const inputs = samples(WORKER_ROWS, this.#sampleSize);
    const inference = this.#inference(await this.#engine, await this.#built(), WORKER_ROWS);
    inference.trace(inputs, WORKER_ROWS);
    try {
      const { samplesPerSecond } = await outputs(
        () => inference.run(inputs, WORKER_ROWS),
        WORKER_ROWS,
      );
      return { samplesPerSecond };
    } finally {
      inference.dispose();
    }
  }

  async onnx(): Promise<Parts['onnx']> {
    const engine = await this.#engine;
    const { sampleShape } = this.#teacher;
    const packaged = parseModelPackage(
      encodeModelPackage(await savedModel(engine, await this.#built(), { output: 'logits' })),
    );
    const classNames = Array.from({ length: CLASSES }, (_, c) => `class ${c}`);
    const form = { sampleShape, classNames, softmax: false, labels: false, int8: false };
    const before = await this.#memory.usedBytes();
    const opened = await OnnxInference.open(onnxPackageOf(exportOnnx(packaged, form), {}), {
      rows: TEACHER_ROWS,
      sampleShape,
      threads: COMPUTE_THREADS,
      device: this.#device === 'cpu' ? 'cpu' : 'cuda',
    });
    this.#opened = opened;
    const inputs = samples(TEACHER_ROWS, this.#sampleSize);
    const run = () => opened.run(inputs, TEACHER_ROWS);
    const measured = await outputs(run, TEACHER_ROWS);
    this.#onnx = { run, logits: Float32Array.from(measured.logits) };
    return { ...measured, memoryBytes: grownBy(before, await this.#memory.usedBytes()) };
  }

  /** Runs both engines in turn, sharing a GPU's memory, as in a teacher worker that has teachers of both. */
  async together(): Promise<Parts['together']> {
    const [tensorflow, onnx] = [this.#tensorflow, this.#onnx];
    if (tensorflow === undefined || onnx === undefined) {
      throw new LyceumError('FAILED_PRECONDITION', 'the teacher is not loaded in both engines');
    }
    let [tensorflowMovedBy, onnxMovedBy] = [0, 0];
    for (let turn = 0; turn < TURNS; turn++) {
      const asked = onnx.run();
      const own = differenceShare(tensorflow.logits, await tensorflow.run());
      tensorflowMovedBy = Math.max(tensorflowMovedBy, own);
      onnxMovedBy = Math.max(onnxMovedBy, differenceShare(onnx.logits, await asked));
    }
    return { tensorflowMovedBy, onnxMovedBy };
  }

  async close(): Promise<void> {
    await this.#opened?.close();
  }

  get #sampleSize(): number {
    return elementCount(this.#teacher.sampleShape);
  }

  async #built() {
    const { architecture, sampleShape } = this.#teacher;
    this.#model ??= buildStudent(await this.#engine, architecture, sampleShape, CLASSES, 1);
    return this.#model;
  }

  #inference(engine: Engine, model: ReturnType<typeof buildStudent>, rows: number): Inference {
    return new Inference(engine, model, { output: 'logits' }, this.#teacher.sampleShape, rows);
  }
}

/**
 * Samples, each with another pattern and strength. An untrained model's biases are 0, so that logits grow with the
 * sample's strength: no two samples have equal logits, and swapped answers are noticed.
 */
function samples(rows: number, sampleSize: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: rows * sampleSize }, (_, i) => {
    const [row, element] = [Math.floor(i / sampleSize), i % sampleSize];
    return ((row + 1) / rows) * Math.sin(element * (0.37 + 0.11 * row));
  });
}

/** @throws {LyceumError} INTERNAL if a logit is NaN or infinite. */
async function outputs(run: Run, rows: number): Promise<Outputs> {
  const first = Float32Array.from(await run());
  if (!first.every(Number.isFinite))
    throw new LyceumError('INTERNAL', 'a logit is not a finite number');
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

function grownBy(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before;
}
