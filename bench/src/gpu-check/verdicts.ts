/** From what two processes measured on the GPU and one on the processor to a table of verdicts. Pure. */
import { differenceShare, isMeasured, type Measured, type ProbeResult } from './probe-result.js';

export interface Row {
  readonly check: string;
  /** `–`: there is nothing to tell. */
  readonly gpu: string;
  readonly cpu: string;
  readonly verdict: 'passed' | 'FAILED' | 'not run';
  /** What it means, or why it failed. */
  readonly note: string;
}

export interface Probes {
  /** The same device twice, in two processes. */
  readonly gpu: readonly [ProbeResult, ProbeResult];
  readonly cpu: ProbeResult;
}

/** Devices may differ by so much, as a share of the greatest logit: as replicas of one teacher may. */
const DEVICES_DIFFER = 1e-2;
/** One device from itself: `ANSWER_NOISE` of float32. */
const NOISE = 1e-4;
/** What a GPU must be worth for a teacher of ResNet-50's size. */
const ONNX_SPEEDUP = 5;

/** @param expectsSpeed - the teacher is large, and `gpu` is none. */
export function verdicts({ gpu: [first, second], cpu }: Probes, expectsSpeed: boolean): Row[] {
  return [
    row('TensorFlow computes there', first.engineDevice, cpu.engineDevice, first.engineProblem),
    ...comparison('TensorFlow, a teacher', first.teacher, cpu.teacher, (gpu, other) => [
      row(
        'equal questions, equal bits',
        gpu.movedBy === 0 ? 'equal' : share(gpu.movedBy),
        other.movedBy === 0 ? 'equal' : share(other.movedBy),
        gpu.movedBy === 0 ? undefined : 'logits moved between two questions',
      ),
      row(
        'equal bits in another process',
        '–',
        '–',
        isMeasured(second.teacher) && differenceShare(gpu.logits, second.teacher.logits) === 0
          ? undefined
          : 'another process gave other logits',
      ),
      within('TensorFlow against the processor', gpu.logits, other.logits),
      rates('TensorFlow teacher, samples/s', gpu.samplesPerSecond, other.samplesPerSecond, 0),
    ]),
    ...comparison('ONNX Runtime, a teacher', first.onnx, cpu.onnx, (gpu, other) => [
      row(
        'ONNX Runtime, equal questions',
        share(gpu.movedBy),
        share(other.movedBy),
        gpu.movedBy <= NOISE ? undefined : `moved by more than ${NOISE}`,
      ),
      within('ONNX Runtime against the processor', gpu.logits, other.logits),
      rates(
        'ONNX teacher, samples/s',
        gpu.samplesPerSecond,
        other.samplesPerSecond,
        expectsSpeed ? ONNX_SPEEDUP : 0,
      ),
    ]),
    ...comparison('a student', first.student, cpu.student, (gpu, other) => [
      row(
        'steps as a graph against operations',
        gpu.tracedDigest === gpu.eagerDigest ? 'equal' : 'differ',
        other.tracedDigest === other.eagerDigest ? 'equal' : 'differ',
        gpu.tracedDigest === gpu.eagerDigest ? undefined : 'the weights differ in the end',
      ),
      row(
        'the same weights in another process',
        '–',
        '–',
        isMeasured(second.student) && second.student.tracedDigest === gpu.tracedDigest
          ? undefined
          : 'another process ended with other weights',
      ),
      rates('student, steps/s as a graph', gpu.tracedStepsPerSecond, other.tracedStepsPerSecond, 0),
      rates(
        'student, steps/s by operations',
        gpu.eagerStepsPerSecond,
        other.eagerStepsPerSecond,
        0,
      ),
    ]),
  ];
}

/** A whole program that was run, or why it was not. */
export function programRow(
  check: string,
  outcome: Measured<{ readonly told: string }> | 'not run',
): Row {
  if (outcome === 'not run') {
    return { check, gpu: '–', cpu: '–', verdict: 'not run', note: '--full runs it' };
  }
  return isMeasured(outcome)
    ? row(check, outcome.told, '–', undefined)
    : row(check, '–', '–', outcome.problem);
}

/** The table, for docs/gpus.md. */
export function tableLines(rows: readonly Row[]): string[] {
  return [
    '| check | GPU | processor | verdict | |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      ({ check, gpu, cpu, verdict, note }) =>
        `| ${[check, gpu, cpu, verdict, note].map(cell).join(' | ')} |`,
    ),
  ];
}

function row(check: string, gpu: string, cpu: string, problem: string | undefined): Row {
  return {
    check,
    gpu,
    cpu,
    verdict: problem === undefined ? 'passed' : 'FAILED',
    note: problem ?? '',
  };
}

function comparison<T extends object>(
  check: string,
  gpu: Measured<T>,
  cpu: Measured<T>,
  rows: (gpu: T, cpu: T) => Row[],
): Row[] {
  for (const one of [gpu, cpu])
    if (!isMeasured(one)) return [row(check, '–', '–', (one as { problem: string }).problem)];
  return rows(gpu as T, cpu as T);
}

function within(check: string, gpu: readonly number[], cpu: readonly number[]): Row {
  const difference = differenceShare(cpu, gpu);
  const problem =
    difference <= DEVICES_DIFFER ? undefined : `differs by more than ${DEVICES_DIFFER}`;
  return row(check, share(difference), '–', problem);
}

function rates(check: string, gpu: number, cpu: number, least: number): Row {
  const factor = gpu / cpu;
  const problem = factor >= least ? undefined : `want ${least} times the processor’s`;
  const made = row(check, gpu.toFixed(1), cpu.toFixed(1), problem);
  return { ...made, note: problem ?? `${factor.toFixed(1)} times` };
}

function share(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim();
}
