/** A student's steps, as one graph and operation by operation. */
import type { Engine } from '@lyceum/learning/tensorflow';
import { BATCH_SIZE, openStudent, preparedBatch, takeSteps } from '../engine/index.js';
import type { Parts, Steps } from './probe-result.js';

const STUDENT = { architecture: 'conv', filters: [16, 32], denseUnits: [64] };
const BATCHES = 8;

/**
 * Takes the same steps from the same weights in both ways. If there is no graph, `traced` holds the reason.
 */
export async function studentSteps(engine: Engine, count: number): Promise<Parts['student']> {
  const batches = Array.from({ length: BATCHES }, (_, index) => preparedBatch(index));
  const [{ batch, targets }] = batches as [(typeof batches)[0]];
  const [traced, eager] = [await openStudent(engine, STUDENT), await openStudent(engine, STUDENT)];
  const reason = traced.trace(batch, targets, [batch.rows]);
  // The first steps allocate memory and choose kernels: they change the weights, but their time does not count.
  const steps = (student: typeof traced): Steps => {
    takeSteps(student, batches, BATCHES);
    const stepsPerSecond = takeSteps(student, batches, count) / BATCH_SIZE;
    return { stepsPerSecond, digest: student.weightsDigest() };
  };
  const result = {
    batchSize: BATCH_SIZE,
    traced: reason === undefined ? steps(traced) : { problem: `no graph: ${reason}` },
    eager: steps(eager),
  };
  traced.dispose();
  eager.dispose();
  return result;
}
