/**
 * What holds for every term: its gradient is the slope of its values, and finite for saturated and equal inputs; it
 * uses only operations that a graph can have. The conformance runner compares the values with published vectors.
 */
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../src/tensorflow/engine/engine.js';
import type { Tensor } from '../../src/tensorflow/index.js';
import { traceStep } from '../../src/tensorflow/traced/trace-step.js';
import { TracedStep } from '../../src/tensorflow/traced/traced-step.js';
import { everyTerm, type TermExample, type TermInputs } from './every-term.js';

const engine = await openEngine();
const { tf } = engine;

/** [value, …gradient]. */
function valueAndGradient({ by, inputs, loss }: TermExample, at: Tensor = inputs[by]): Tensor {
  return tf.tidy(() => {
    const f = tf.valueAndGrad((x) => loss({ ...inputs, [by]: x }));
    const { value, grad } = f(at);
    return tf.concat([value.reshape([1]), grad.flatten()]);
  });
}

function numbersAt(term: TermExample, at?: Tensor): Float32Array {
  return tf.tidy(() => valueAndGradient(term, at).dataSync().slice()) as Float32Array;
}

describe.each(everyTerm(tf))('objective term $name', (term) => {
  const input = term.inputs[term.by];

  // The weights of AE-KD are constants in the gradient, so its values have another slope.
  it.skipIf(term.name.endsWith('aekd'))('has a gradient equal to the slope of its values', () => {
    const gradient = numbersAt(term).slice(1);
    const norm = Math.hypot(...gradient);
    const step = 0.01;
    // Along the gradient, where float32 leaves the most digits.
    const at = (sign: number) =>
      tf.tidy(() => {
        const move = tf.tensor(gradient, input.shape).mul((sign * step) / norm);
        return numbersAt(term, input.add(move))[0] as number;
      });
    const seen = (at(1) - at(-1)) / (2 * step);
    expect(Math.abs(seen - norm)).toBeLessThan(0.01 * Math.max(0.1, norm));
  });

  it('has a finite value and gradient at large and at equal inputs', () => {
    for (const scale of [60, 0]) {
      const values = tf.tidy(() => numbersAt(term, input.mul(scale)));
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  it('has a small gradient where a sample is all zeros, or equal to another one', () => {
    const [rows = 0, ...rest] = input.shape;
    const [, other, ...others] = tf.split(input, rows);
    for (const first of [tf.zeros([1, ...rest]), other as Tensor]) {
      const batch = tf.concat([first, other as Tensor, ...others]);
      const gradient = numbersAt(term, batch).slice(1);
      expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(100);
      // And where a whole batch is: as before the first step of a student whose last layer starts with zeros.
      const equal = tf.concat(Array(rows).fill(first));
      expect(Math.max(...numbersAt(term, equal).slice(1).map(Math.abs))).toBeLessThan(100);
    }
  });

  it.skipIf(engine.name !== 'native')('gives the same bits when traced as a graph', () => {
    const fn = (inputs: object) =>
      valueAndGradient({ ...term, inputs: inputs as TermInputs }, (inputs as TermInputs)[term.by]);
    const traced = traceStep(engine, { only: { fn, inputs: term.inputs } }, []);
    if (!(traced instanceof TracedStep)) throw new Error(traced.reason);
    const moved = { ...term.inputs, [term.by]: input.mul(0.9) };
    const [graph, eager] = [traced.run('only', moved), fn(moved)];
    expect(graph.dataSync()).toEqual(eager.dataSync());
    tf.dispose([graph, eager, moved[term.by]]);
    traced.dispose();
  });
});

it.each(everyTerm(tf, 1))('$name is finite on a batch of one sample', (term) => {
  expect(numbersAt(term).every(Number.isFinite)).toBe(true);
});
