/** A row's answer must not depend on the other rows of its batch: the row may be asked again among other rows. */
import type { Dataset } from '@lyceum/learning/datasets';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { LyceumError } from '@lyceum/proto';
import type { AnswerTensor, TeacherEngine } from '../engine/index.js';

/**
 * Asks for some samples, and for the first half of them alone. If the answers differ, asks for the half again, to find
 * out why.
 *
 * @param movesBy - the engine's own bound, unless the teacher was put where answers move more.
 * @throws {LyceumError} INVALID_ARGUMENT if the answers are further apart than `movesBy`; 0: if their bits differ.
 */
export async function requireRowIndependence(
  teacher: TeacherEngine,
  dataset: Dataset,
  samples: Uint32Array,
  movesBy = teacher.movesBy ?? 0,
): Promise<void> {
  const ask = (some: Uint32Array) =>
    teacher.answer({ dataset, samples: some, view: IDENTITY_VIEW, outputs: ['logits'] });
  const [all] = await ask(samples);
  const first = samples.subarray(0, Math.ceil(samples.length / 2));
  const [half] = await ask(first);
  const isSame = sameness(movesBy, all?.values ?? new Float32Array());
  const other = half === undefined ? undefined : differenceOf(half, all, isSame);
  if (half === undefined || other === undefined) return;
  const [again] = await ask(first);
  const random = differenceOf(half, again, isSame);
  const message =
    random === undefined
      ? `its answer to a sample depends on the other samples of the batch: ${other} in a larger batch; export it for inference (in PyTorch after eval()), with a fixed batch of 1 if need be`
      : `its answers to the same samples differ from call to call: ${random} the next time; export it for inference (in PyTorch after eval(), in Keras without layers that augment), without dropout and other random numbers; of a server, all replicas must have the same model`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

/** The first row that differs, and its values. */
function differenceOf(
  { values, width }: AnswerTensor,
  other: AnswerTensor | undefined,
  isSame: (a: number, b: number) => boolean,
): string | undefined {
  const at = values.findIndex((value, i) => !isSame(value, other?.values[i] ?? 0));
  if (at < 0) return undefined;
  return `row ${Math.floor(at / width)} is ${values[at]}, and ${other?.values[at]}`;
}

/**
 * How values are compared. A value that is not finite equals only itself and does not count for the bound: a later
 * check of the answers reports it.
 */
function sameness(movesBy: number, values: Float32Array): (a: number, b: number) => boolean {
  if (movesBy === 0) return Object.is;
  const greatest = values
    .filter(Number.isFinite)
    .reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  return (a, b) => Object.is(a, b) || Math.abs(a - b) <= movesBy * greatest;
}
