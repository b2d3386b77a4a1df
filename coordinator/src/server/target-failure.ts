/** Why a run gets no more targets: words for its user, and the same as data for an event. Pure. */
import type { Span } from '@lyceum/learning/data';

export interface TargetFailure extends Readonly<Record<string, unknown>> {
  readonly reason: string;
}

/**
 * @param teachers - names of the teachers that were asked.
 * @param samples - what they were asked about; they lie in the order of the run, so their range is given.
 */
export function unanswerable(
  teachers: string,
  span: Span,
  samples: Uint32Array,
  reason: string,
): TargetFailure {
  const { epoch, firstPosition, positionCount } = span;
  const firstSample = samples.reduce((a, b) => Math.min(a, b));
  const lastSample = samples.reduce((a, b) => Math.max(a, b));
  const positions = `positions ${firstPosition} to ${firstPosition + positionCount - 1} of epoch ${epoch}`;
  const where = `samples ${firstSample} to ${lastSample} (${positions})`;
  const said = `teacher ${teachers} cannot answer ${where}: ${reason}`;
  const range = { epoch, firstPosition, positionCount, firstSample, lastSample };
  return { reason: said, teachers, ...range };
}
