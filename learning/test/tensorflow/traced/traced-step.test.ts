/**
 * Real steps with gradients on the native engine, eager and traced side by side: equal bits after many steps. A step
 * that cannot be traced gives a reason and changes nothing. Skipped where only WebAssembly loads.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LayersModel, NamedTensorMap, Tensor, Tensor1D, Variable } from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildStudent } from '../../../src/tensorflow/build-student.js';
import { openEngine } from '../../../src/tensorflow/engine/engine.js';
import { traceStep } from '../../../src/tensorflow/traced/trace-step.js';
import { TracedStep } from '../../../src/tensorflow/traced/traced-step.js';
import { DropoutMasks } from '../../../src/tensorflow/trained-layers/dropout-masks.js';

vi.setConfig({ testTimeout: 120_000 });

const engine = await openEngine();
afterAll(() => openEngine());
const { tf } = engine;
const CLASSES = 3;
const SIDE = 8;

/** Momentum and cross entropy, with learning rate and dropout masks as inputs. */
class Training {
  readonly model: LayersModel;
  readonly state: readonly Variable[];
  readonly #dropout: DropoutMasks;
  readonly #velocities: readonly Variable[];

  constructor(architecture: Parameters<typeof buildStudent>[1]) {
    this.model = buildStudent(engine, architecture, [SIDE, SIDE, 1], CLASSES, 1);
    this.#dropout = new DropoutMasks(this.model);
    const weights = this.model.trainableWeights;
    this.#velocities = weights.map((w) =>
      tf.tidy(() => tf.variable(tf.zeros(w.shape as number[]))),
    );
    this.state = [
      ...this.model.weights.map((weight) => weight.read() as Variable),
      ...this.#velocities,
    ];
  }

  readonly step = (inputs: NamedTensorMap): Tensor => {
    const { x, y, rate, ...masks } = inputs as Record<'x' | 'y' | 'rate', Tensor>;
    const variables = this.model.trainableWeights.map((weight) => weight.read() as Variable);
    const { value, grads } = tf.variableGrads(() => {
      const logits = this.#dropout.use(
        Object.values(masks),
        () => this.model.apply(x, { training: true }) as Tensor,
      );
      return tf.neg(tf.mean(tf.sum(tf.mul(y, tf.logSoftmax(logits)), -1)));
    }, variables);
    for (const [index, variable] of variables.entries()) {
      const velocity = this.#velocities[index] as Variable;
      velocity.assign(velocity.mul(0.9).add(grads[variable.name] as Tensor));
      variable.assign(variable.sub(velocity.mul(rate)));
    }
    return value;
  };

  /** Inputs of a step. All of them differ from step to step. */
  inputs(step: number, rows: number): NamedTensorMap {
    const wave = (shape: number[], k: number) => {
      const size = shape.reduce((product, n) => product * n, 1);
      return tf.tensor(
        Float32Array.from({ length: size }, (_, i) => Math.sin(i * k + step)),
        shape,
      );
    };
    const labels = Int32Array.from({ length: rows }, (_, row) => (row + step) % CLASSES);
    const shapes = this.#dropout.shapes(rows);
    const masks = this.#dropout.draw(7, step, rows);
    return {
      x: wave([rows, SIDE, SIDE, 1], 0.7),
      y: tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES).toFloat()),
      rate: tf.scalar(0.1 / (1 + step)),
      ...Object.fromEntries(masks.map((mask, i) => [`mask${i}`, tf.tensor(mask, shapes[i])])),
    };
  }

  dispose(): void {
    this.model.dispose();
    tf.dispose([...this.#velocities]);
  }
}

const bits = (tensor: Tensor) => Buffer.from(tensor.dataSync().slice().buffer).toString('hex');

function stateBits(source: readonly Tensor[]): string[] {
  return source.map(bits);
}

function tracedStateBits(traced: TracedStep): string[] {
  const tensors = traced.readState();
  const values = stateBits(tensors);
  tf.dispose(tensors);
  return values;
}

function mustTrace(...a: Parameters<typeof traceStep> extends [unknown, ...infer R] ? R : never) {
  const traced = traceStep(engine, ...a);
  if (!(traced instanceof TracedStep)) throw new Error(traced.reason);
  return traced;
}

const STUDENTS = [
  { name: 'mlp with dropout', model: { architecture: 'mlp', hiddenUnits: [9, 7], dropout: 0.4 } },
  { name: 'conv net', model: { architecture: 'conv', filters: [4, 6], denseUnits: [5] } },
  { name: 'resnet with batch normalisation', model: { architecture: 'resnet', depth: 8 } },
] as const;

const native = engine.name === 'native';
if (!native) console.warn('traced steps are not tested: the native engine does not load');

/** A separate folder, so that temporary files of other tests are not counted. */
const temporary = mkdtempSync(join(tmpdir(), 'traced-step-test-'));
vi.stubEnv('TMPDIR', temporary);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(temporary, { recursive: true });
});

describe.skipIf(!native)('TracedStep', () => {
  let numTensors: number;
  const binding = () => (tf.backend() as unknown as { binding: object }).binding;
  const realBinding = binding();

  beforeEach(() => {
    numTensors = tf.memory().numTensors;
  });

  afterEach(() => {
    expect(binding()).toBe(realBinding);
    expect(Object.hasOwn(tf.backend(), 'getInputTensorIds')).toBe(false);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it.each(STUDENTS)('has the bits of 25 eager steps of the $name, in two shapes', ({ model }) => {
    const training = new Training(structuredClone(model) as never);
    const examples = { full: training.inputs(100, 12), last: training.inputs(100, 5) };
    const calls = {
      full: { fn: training.step, inputs: examples.full },
      last: { fn: training.step, inputs: examples.last },
    };
    const before = stateBits(training.state);
    const traced = mustTrace(calls, training.state);
    expect(stateBits(training.state)).toEqual(before);
    expect(tracedStateBits(traced)).toEqual(before);
    for (let step = 0; step < 25; step++) {
      const last = step % 4 === 3;
      const inputs = training.inputs(step, last ? 5 : 12);
      const want = tf.tidy(() => training.step(inputs));
      const got = traced.run(last ? 'last' : 'full', inputs);
      expect(bits(got)).toBe(bits(want));
      tf.dispose([want, got, inputs]);
    }
    expect(tracedStateBits(traced)).toEqual(stateBits(training.state));
    traced.dispose();
    tf.dispose([examples]);
    training.dispose();
  });

  it('continues from a written state', () => {
    const training = new Training({ architecture: 'mlp', hiddenUnits: [4], dropout: 0 });
    const inputs = training.inputs(0, 6);
    const traced = mustTrace({ step: { fn: training.step, inputs } }, training.state);
    traced.run('step', inputs).dispose();
    const [middle, middleBits] = [traced.readState(), tracedStateBits(traced)];
    for (let i = 0; i < 3; i++) traced.run('step', inputs).dispose();
    const end = tracedStateBits(traced);
    traced.writeState(middle);
    expect(tracedStateBits(traced)).toEqual(middleBits);
    for (let i = 0; i < 3; i++) traced.run('step', inputs).dispose();
    expect(tracedStateBits(traced)).toEqual(end);
    traced.dispose();
    tf.dispose([middle, inputs]);
    training.dispose();
  });

  it('keeps the number of tensors over 300 steps', () => {
    const training = new Training({ architecture: 'mlp', hiddenUnits: [4], dropout: 0 });
    const inputs = training.inputs(0, 6);
    const traced = mustTrace({ step: { fn: training.step, inputs } }, training.state);
    const count = tf.memory().numTensors;
    for (let i = 0; i < 300; i++) traced.run('step', inputs).dispose();
    expect(tf.memory().numTensors).toBe(count);
    traced.dispose();
    tf.dispose(inputs);
    training.dispose();
  });

  it('shares no state with another TracedStep', () => {
    const counter = tf.tidy(() => tf.variable(tf.scalar(0)));
    const one = tf.scalar(1);
    const fn = ({ by }: NamedTensorMap) => {
      counter.assign(counter.add(by as Tensor1D));
      return counter;
    };
    const [a, b] = [0, 1].map(() => mustTrace({ add: { fn, inputs: { by: one } } }, [counter]));
    const counts = [a, a, a, b].map((traced) => {
      const output = traced?.run('add', { by: one });
      const [count] = output?.dataSync() ?? [];
      output?.dispose();
      return count;
    });
    expect(counts).toEqual([1, 2, 3, 1]);
    expect(counter.dataSync()[0]).toBe(0);
    a?.dispose();
    b?.dispose();
    tf.dispose([counter, one]);
  });

  it('reads variables before their assignment in the same step', () => {
    const [a, b] = tf.tidy(() => [tf.variable(tf.scalar(1)), tf.variable(tf.scalar(2))]) as [
      Variable,
      Variable,
    ];
    const fn = () => {
      const old = a.clone();
      a.assign(b.clone());
      b.assign(old);
      return tf.sub(a, b);
    };
    const traced = mustTrace({ swap: { fn, inputs: {} } }, [a, b]);
    const outputs = [0, 1, 2].map(() => traced.run('swap', {}));
    expect(outputs.map((output) => output.dataSync()[0])).toEqual([1, -1, 1]);
    traced.dispose();
    tf.dispose([outputs, a, b]);
  });

  it('adds in the order of the inputs, whatever their operations are called', () => {
    const x = tf.tensor1d(Array.from({ length: 50 }, (_, i) => 1000 * Math.sin(i)));
    const v = tf.tidy(() => tf.variable(tf.ones([50])));
    const fn = (inputs: NamedTensorMap): Tensor => {
      let last = inputs['x'] as Tensor;
      const all = Array.from({ length: 13 }, () => {
        last = tf.sin(last);
        return last.mul(1e7 + 1);
      });
      return tf.addN([all[11], x, all[1], v, all[9], all[2]] as Tensor[]);
    };
    const eager = tf.tidy(() => [...fn({ x }).dataSync()]);
    const traced = mustTrace({ f: { fn, inputs: { x } } }, [v]);
    const output = traced.run('f', { x });
    expect([...output.dataSync()]).toEqual(eager);
    traced.dispose();
    tf.dispose([output, x, v]);
  });

  it('can trace gradients of quotients by a number', () => {
    const x = tf.tensor1d(Array.from({ length: 50 }, (_, i) => Math.sin(i)));
    for (const divisor of [7, 11, 56, 132, 240]) {
      const fn = (inputs: NamedTensorMap) =>
        tf.grad((a) => a.div(tf.sum(a).div(divisor)))(inputs['x'] as Tensor, inputs['y']);
      for (const phase of [1, 2, 3, 4]) {
        const y = tf.tidy(() => tf.sin(x.add(phase)));
        mustTrace({ f: { fn, inputs: { x, y } } }, []).dispose();
        y.dispose();
      }
    }
    x.dispose();
  });

  it('refuses inputs of another name or shape, and unknown calls', () => {
    const x = tf.zeros([2]);
    const y = tf.zeros([3]);
    const traced = mustTrace({ f: { fn: (i) => tf.exp(i['x'] as Tensor), inputs: { x } } }, []);
    expect(() => traced.run('f', { x: y })).toThrow('input x was traced as [2], now it is [3]');
    expect(() => traced.run('f', { y })).toThrow('missing');
    expect(() => traced.run('g', { x })).toThrow('no call g');
    traced.dispose();
    tf.dispose([x, y]);
  });
});

function withStrings(x: Tensor): Tensor {
  tf.string.staticRegexReplace(tf.tensor1d(['a']), 'a', 'b', true);
  return x.add(1);
}

describe.skipIf(!native)('traceStep refuses a step with', () => {
  it.each<{ what: string; fn: (x: Tensor, v: Variable) => Tensor; reason: string }>([
    { what: 'a read of an input', fn: (x) => x.mul(x.dataSync()[0] ?? 0), reason: 'reads values' },
    { what: 'a read of state', fn: (x, v) => x.mul(v.dataSync()[0] ?? 0), reason: 'reads values' },
    { what: 'a read on the way', fn: (x) => x.mul(x.exp().dataSync()[0] ?? 0), reason: 'reads' },
    { what: 'random numbers', fn: (x) => x.add(tf.randomNormal([2])), reason: 'differ' },
    { what: 'strings', fn: withStrings, reason: 'no plain type' },
  ])('$what', ({ fn, reason }) => {
    const x = tf.tensor1d([1, 2]);
    const v = tf.tidy(() => tf.variable(tf.scalar(3)));
    const count = tf.memory().numTensors;
    const step = ({ x: input }: NamedTensorMap) => {
      v.assign(v.add(1));
      return fn(input as Tensor, v);
    };
    expect(traceStep(engine, { step: { fn: step, inputs: { x } } }, [v])).toEqual({
      reason: expect.stringContaining(reason),
    });
    expect([v.dataSync()[0], tf.memory().numTensors]).toEqual([3, count]);
    tf.dispose([x, v]);
  });

  it('one tensor as two inputs', () => {
    const x = tf.scalar(1);
    const fn = (i: NamedTensorMap) => tf.add(i['a'] as Tensor, i['b'] as Tensor);
    expect(traceStep(engine, { f: { fn, inputs: { a: x, b: x } } }, [])).toEqual({
      reason: expect.stringContaining('one tensor'),
    });
    x.dispose();
  });

  it('a function that throws, and leaves variables and tensors as they were', () => {
    const v = tf.tidy(() => tf.variable(tf.scalar(3)));
    const count = tf.memory().numTensors;
    const fn = () => {
      v.assign(v.add(1));
      throw new Error('no');
    };
    expect(() => traceStep(engine, { f: { fn, inputs: {} } }, [v])).toThrow('no');
    expect([v.dataSync()[0], tf.memory().numTensors]).toEqual([3, count]);
    v.dispose();
  });
});

it('traceStep refuses the wasm engine, which has no graphs', async () => {
  const wasm = await openEngine({ only: 'wasm' });
  expect(traceStep(wasm, {}, [])).toEqual({ reason: 'the wasm engine has no graphs' });
});
