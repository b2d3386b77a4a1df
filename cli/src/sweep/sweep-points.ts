/**
 * The runs of a sweep: the cross product of its axes; the last axis changes fastest. Pure.
 *
 * A run's id is made of the sweep's name and the run's own values: `digits-seed1-temperature2.5-mlp-30-30`. So a
 * second submit of the sweep, or of one with further values, finds the runs that exist.
 */
import { pathText } from '@lyceum/learning/documents';
import { checkRunSpecification } from '@lyceum/learning/specification';
import { InvalidDocumentError, LyceumError, NAME_MAX_LENGTH, type Problem } from '@lyceum/proto';
import { applySetting, type FieldPath } from '../files/index.js';
import { SWEEP_LABEL, type SweepAxis } from './sweep-axes.js';

/** More runs are a mistake: seven axes of three values make 2,187. */
export const SWEEP_MAX_RUNS = 512;

export interface SweepPoint {
  readonly runId: string;
  /** The specification to submit, as JSON. */
  readonly text: string;
}

/**
 * @param document - the specification that the runs share, as its user wrote it; not changed.
 * @param name - of the sweep.
 * @param source - the document's name in errors.
 * @throws {InvalidDocumentError} naming every field that is wrong in any of the runs, each once.
 * @throws {LyceumError} INVALID_ARGUMENT if there are too many runs, an id is too long, or two runs have the same id.
 */
export function sweepPoints(
  document: unknown,
  name: string,
  axes: readonly SweepAxis[],
  source: string,
): SweepPoint[] {
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count > SWEEP_MAX_RUNS) {
    const factors = axes.map(({ values }) => values.length).join(' × ');
    const message = `--sweep: ${factors} values make ${count} runs; a sweep has at most ${SWEEP_MAX_RUNS}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const problems = new Map<string, Problem>();
  const points = Array.from({ length: count }, (_, index) => {
    const values = valuesAt(axes, index);
    const runId = [name, ...axes.map(({ path }, a) => valueName(path, values[a]))].join('-');
    const own = structuredClone(document);
    for (const [a, { path }] of axes.entries()) applySetting(own, { path, value: values[a] });
    applySetting(own, { path: ['metadata', 'name'], value: runId });
    applySetting(own, { path: ['metadata', 'labels', SWEEP_LABEL], value: name });
    for (const problem of problemsOf(own, source)) problems.set(JSON.stringify(problem), problem);
    return { runId, text: JSON.stringify(own) };
  });
  checkIds(points, axes);
  if (problems.size > 0) throw new InvalidDocumentError(source, [...problems.values()]);
  return points;
}

function valuesAt(axes: readonly SweepAxis[], index: number): unknown[] {
  let rest = index;
  return axes
    .toReversed()
    .map(({ values }) => {
      const value = values[rest % values.length];
      rest = Math.floor(rest / values.length);
      return value;
    })
    .toReversed();
}

/** `seed1`, `temperature2.5`, `geometric`, `mlp-30-30`: a number has its field's name before it, a word has not. */
function valueName(path: FieldPath, value: unknown): string {
  const key = String(path.findLast((part) => typeof part === 'string'));
  const text = typeof value === 'object' ? scalars(value).join('-') : String(value);
  const bare = typeof value === 'string' || (typeof value === 'object' && value !== null);
  return (bare ? text : `${key}${text}`)
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '');
}

function scalars(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [value ?? 'none'];
  return Object.values(value).flatMap(scalars);
}

function problemsOf(document: unknown, source: string): readonly Problem[] {
  try {
    checkRunSpecification(document, source);
    return [];
  } catch (err) {
    if (!(err instanceof InvalidDocumentError)) throw err;
    return err.problems.filter(({ path }) => path !== 'metadata.name');
  }
}

function checkIds(points: readonly SweepPoint[], axes: readonly SweepAxis[]): void {
  const seen = new Set<string>();
  for (const { runId } of points) {
    if (runId.length > NAME_MAX_LENGTH) {
      const message = `--sweep: the run id ${runId} has ${runId.length} letters, and at most ${NAME_MAX_LENGTH} are allowed; give a shorter --run-id`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    if (seen.has(runId)) {
      const fields = axes.map(({ path }) => pathText(path)).join(', ');
      const message = `--sweep: two runs would be named ${runId}, since values of ${fields} read alike in names; sweep them apart, each with a --run-id of its own`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    seen.add(runId);
  }
}
