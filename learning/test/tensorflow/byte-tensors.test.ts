/** All 256 byte values, eagerly and in a graph, against their real values in JavaScript. */
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildStudent } from '../../src/tensorflow/build-student.js';
import { fedTensor, realValues } from '../../src/tensorflow/byte-tensors.js';
import { type Engine, openEngine } from '../../src/tensorflow/engine/engine.js';
import { Inference } from '../../src/tensorflow/inference.js';
import { TracedStep, traceStep } from '../../src/tensorflow/traced/index.js';

const BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const REAL = Float32Array.from(BYTES, (byte) => byte * (1 / 255));

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});

describe('realValues of fed bytes', () => {
  it('gives the real values of the bytes and leaves no tensor behind', () => {
    const { tf } = engine;
    const before = tf.memory().numTensors;
    const values = tf.tidy(() => realValues(engine, fedTensor(engine, BYTES, [16, 16])).dataSync());
    expect(values).toEqual(REAL);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('gives the same in a traced graph with further arithmetic', ({ skip }) => {
    skip(engine.name !== 'native', 'only the native engine traces');
    const { tf } = engine;
    const fn = ({ x }: NamedTensorMap) =>
      realValues(engine, x as Tensor)
        .mul(3)
        .div(7)
        .sub(0.1);
    const want = tf.tidy(() => fn({ x: tf.tensor(REAL, [4, 64]) }).dataSync());
    tf.tidy(() => {
      const traced = traceStep(
        engine,
        { f: { fn, inputs: { x: fedTensor(engine, BYTES, [4, 64]) } } },
        [],
      );
      if (!(traced instanceof TracedStep)) throw new Error(traced.reason);
      const reversed = BYTES.toReversed();
      expect(traced.run('f', { x: fedTensor(engine, reversed, [4, 64]) }).dataSync()).toEqual(
        want.toReversed(),
      );
      traced.dispose();
    });
  });

  it('gives the real values on the wasm engine', async () => {
    const wasm = await openEngine({ only: 'wasm' });
    const values = wasm.tf.tidy(() => realValues(wasm, fedTensor(wasm, BYTES, [256])).dataSync());
    expect(values).toEqual(REAL);
    await engine.tf.setBackend(engine.name === 'native' ? 'tensorflow' : 'wasm');
  });
});

describe('an Inference on bytes', () => {
  it.each(['before and after it is traced on bytes', 'traced on real values'])(
    'gives the same logits as on real values, %s',
    (when) => {
      const model = buildStudent(
        engine,
        { architecture: 'conv', filters: [4], denseUnits: [] },
        [8, 8, 1],
        3,
        1,
      );
      const inference = new Inference(engine, model, { output: 'logits', scale: 2 }, [8, 8, 1], 5);
      const want = inference.run(REAL, 4);
      expect(inference.run(BYTES, 4)).toEqual(want);
      const reason = inference.trace(when.includes('bytes') ? BYTES : REAL, 4);
      if (engine.name === 'native') expect(reason).toBeUndefined();
      expect(inference.run(BYTES, 4)).toEqual(want);
      expect(inference.run(REAL, 4)).toEqual(want);
      expect(inference.run(BYTES, 2)).toEqual(want.slice(0, 6));
      inference.dispose();
      model.dispose();
    },
  );
});
