/**
 * 100 steps of a real student with every term that asks teachers must leave no tensor behind. Slow for a unit test.
 */
import { openEngine } from '@lyceum/learning/tensorflow';
import { expect, it, vi } from 'vitest';
import { BatchSource } from '../../src/compute/student/batch-source.js';
import { Student } from '../../src/compute/student/student.js';
import { BATCH_ROWS, dataset, everyTerm, targetsOf } from './every-term.js';

vi.setConfig({ testTimeout: 600_000 });

const engine = await openEngine();
const { tf } = engine;
const STEPS = 100;

it.each(everyTerm([{ term: 'ce' }]))(
  `$title leaves no tensor behind in ${STEPS} steps`,
  async ({ specification }) => {
    const empty = tf.memory().numTensors;
    const batches = new BatchSource(dataset, specification);
    const student = await Student.open(engine, specification, dataset, undefined);
    const run = (from: number, to: number) => {
      for (let step = from; step < to; step++) {
        const batch = batches.batch(step);
        student.step(batch, targetsOf(specification, batch.rows, step), 0.01).dispose();
      }
    };
    // First operation by operation, where a term could leave a tensor; then as a graph, as in runs.
    run(0, 3);
    const before = tf.memory().numTensors;
    run(3, STEPS);
    expect(tf.memory().numTensors).toBe(before);
    const batch = batches.batch(0);
    const reason = student.trace(batch, targetsOf(specification, batch.rows, 0), BATCH_ROWS);
    expect(reason === undefined).toBe(engine.name === 'native');
    run(0, 3);
    const traced = tf.memory().numTensors;
    run(3, STEPS);
    expect(tf.memory().numTensors).toBe(traced);
    student.dispose();
    expect(tf.memory().numTensors).toBe(empty);
  },
);
