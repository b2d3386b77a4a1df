/** A real small teacher in this process: what it answers, and that it does so as one graph, is counted at the backend. */
import { IDENTITY_VIEW, parseDataset, parseModelPackage } from '@lyceum/learning/data';
import { expect, it, vi } from 'vitest';
import { TensorflowTeacher } from '../src/compute/tensorflow-engine.js';
import { engine, makeDataset, makeTeacher } from './teachers-and-set.js';

it('answers from one graph, made on the first batch and gone with the teacher', async () => {
  const { name, tf } = await engine();
  if (name !== 'native') return;
  const backend = tf.backend() as unknown as {
    runSavedModel(): unknown;
    deleteSavedModel(session: number): void;
  };
  const runs = vi.spyOn(backend, 'runSavedModel');
  const deletions = vi.spyOn(backend, 'deleteSavedModel');
  const reasons: string[] = [];
  const teacher = await TensorflowTeacher.open(
    await engine(),
    parseModelPackage((await makeTeacher(1)).bytes),
    { output: 'logits' },
    undefined,
    (reason) => reasons.push(reason),
  );
  const dataset = parseDataset(makeDataset().bytes);
  const answer = (count: number) =>
    teacher.answer({
      dataset,
      samples: Uint32Array.from({ length: count }, (_, sample) => sample),
      view: IDENTITY_VIEW,
      outputs: ['logits'],
    });
  const [first] = await answer(300);
  const before = runs.mock.calls.length;
  const [again] = await answer(300);
  expect(again).toEqual(first);
  // Rows 0 to 127, 128 to 255, and the rest.
  expect(runs.mock.calls.length - before).toBe(3);
  expect(reasons).toEqual([]);
  expect(deletions).not.toHaveBeenCalled();
  teacher.close();
  expect(deletions).toHaveBeenCalledOnce();
});
