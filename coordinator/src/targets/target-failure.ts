/** Why a run gets no more targets: a sentence for its user, and data for an event. Pure. */
import { quorumOf, type RunRecord } from '../runs/index.js';
import { type SpanGrid, spanAt } from '../schedule/index.js';

export interface TargetFailure extends Readonly<Record<string, unknown>> {
  readonly reason: string;
}

/** @param samples - the samples of the span, in the order of the run: only their least and greatest are named. */
export function unanswerable(
  { teachers: all }: RunRecord,
  asked: { readonly teachers: readonly number[]; readonly span: number; readonly reason: string },
  grid: SpanGrid,
  samples: Uint32Array,
): TargetFailure {
  const teachers = asked.teachers.map((teacher) => all[teacher]?.name).join(', ');
  const { epoch, firstPosition, positionCount } = spanAt(grid, asked.span);
  const firstSample = samples.reduce((a, b) => Math.min(a, b));
  const lastSample = samples.reduce((a, b) => Math.max(a, b));
  const positions = `positions ${firstPosition} to ${firstPosition + positionCount - 1} of epoch ${epoch}`;
  const where = `samples ${firstSample} to ${lastSample} (${positions})`;
  const said = `teacher ${teachers} cannot answer ${where}: ${asked.reason}`;
  const range = { epoch, firstPosition, positionCount, firstSample, lastSample };
  return { reason: said, teachers, ...range };
}

/** @param late - ensemble indices of the late teachers: the run must not go on without them. */
export function overdegraded(
  record: RunRecord,
  { degradedSteps, late }: { readonly degradedSteps: number; readonly late: readonly number[] },
): TargetFailure {
  const { teachers, plan } = record;
  const { maxDegradedShare } = quorumOf(record) ?? {};
  const names = late.map((teacher) => teachers[teacher]?.name).join(', ');
  const are = late.length === 1 ? 'is' : 'are';
  const reason = `without ${names}, which ${are} late, ${degradedSteps} of ${plan.stepCount} steps would have fewer than all teachers, and maxDegradedShare is ${maxDegradedShare}`;
  return { reason, late: names, degradedSteps };
}
