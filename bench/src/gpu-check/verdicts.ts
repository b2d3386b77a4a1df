/** Makes a table of verdicts from results on the GPU and on the processor. Pure. */
import {
  differenceShare,
  isMeasured,
  type Measured,
  type Outputs,
  type Parts,
  type ProbeResult,
  problemOf,
} from './probe-result.js';
import { failed, measured, notRun, type Row, row, share } from './rows.js';

export interface Probes {
  readonly gpu: ProbeResult;
  /** The same device in another process. */
  readonly again: ProbeResult;
  /** The result with `--determinism fast`. */
  readonly fast: ProbeResult;
  readonly cpu: ProbeResult;
}

/** How far two devices may differ, as a share of the greatest logit: the same as for replicas of one teacher. */
const DEVICES_DIFFER = 1e-2;
/** Least difference of two samples: with less, swapped answers would look like noise. */
const ROWS_DIFFER = 2 * DEVICES_DIFFER;
/** How far one device may differ from itself: `ANSWER_NOISE` of float32. */
const NOISE = 1e-4;
/** How many times faster than the processor a GPU must be, for a teacher of ResNet-50's size. */
const ONNX_SPEEDUP = 5;
const MIB = 1024 ** 2;

const TEACHER = 'TensorFlow, a teacher';
const STUDENT = 'TensorFlow, a student';
const ONNX = 'ONNX Runtime, a teacher';

/** @param expectsSpeed - true if the teacher is large and `gpu` is a real GPU. */
export function verdicts(probes: Probes, expectsSpeed: boolean): Row[] {
  const { gpu, cpu } = probes;
  const unused = isMeasured(gpu.engine) ? gpu.engine.unused : gpu.engine.problem;
  const of = (result: ProbeResult) => (isMeasured(result.engine) ? result.engine.device : '–');
  const computes = row('TensorFlow computes on the device', of(gpu), of(cpu), unused);
  // If the processor computed results, they must not appear in the GPU's column.
  const tensorflow =
    unused === undefined
      ? tensorflowRows(probes)
      : [TEACHER, STUDENT, 'both engines in one process'].map((check) =>
          notRun(check, 'TensorFlow does not compute on the GPU'),
        );
  return [computes, ...tensorflow, ...onnxRows(probes, expectsSpeed)];
}

function tensorflowRows({ gpu, again, fast, cpu }: Probes): Row[] {
  return [
    ...part(TEACHER, gpu.teacher, cpu.teacher, (own, other) => [
      ...(own.notTraced === undefined
        ? []
        : [failed('the teacher as a graph', `no graph: ${own.notTraced}`)]),
      ...(other === undefined ? [] : [rowsDiffer(other)]),
      row(
        'equal questions, equal bits',
        own.movedBy === 0 ? 'equal' : share(own.movedBy),
        other === undefined ? '–' : other.movedBy === 0 ? 'equal' : share(other.movedBy),
        own.movedBy === 0 ? undefined : 'logits moved between two questions',
      ),
      inAnotherProcess('equal bits in another process', again.teacher, ({ logits }) =>
        differenceShare(own.logits, logits) === 0 ? undefined : 'another process gave other logits',
      ),
      within('TensorFlow against the processor', own, other),
      rates('TensorFlow teacher, samples/s', own.samplesPerSecond, other?.samplesPerSecond),
      memory('TensorFlow teacher, GPU memory at load', own, own.parameterCount),
      ...part('TensorFlow teacher, full batches', gpu.fullBatch, undefined, (full) => [
        rates('TensorFlow teacher, samples/s, full batches', full.samplesPerSecond, undefined),
      ]),
      ...part('TensorFlow, fast', fast.teacher, undefined, (quick) => [fastRow(own, quick)]),
    ]),
    ...part(STUDENT, gpu.student, cpu.student, (own, other) => studentRows(own, other, again)),
    ...part('both engines in one process', gpu.together, undefined, (own) => [
      row(
        'both engines in one process',
        [own.tensorflowMovedBy, own.onnxMovedBy].map(share).join(', '),
        '–',
        own.tensorflowMovedBy === 0 && own.onnxMovedBy <= NOISE
          ? undefined
          : 'logits moved beside the other engine',
      ),
    ]),
  ];
}

function studentRows(
  own: Parts['student'],
  other: Parts['student'] | undefined,
  again: ProbeResult,
): Row[] {
  const { batchSize, traced, eager } = own;
  const equal = (student: Parts['student'] | undefined) => {
    if (student === undefined || !isMeasured(student.traced)) return '–';
    return student.traced.digest === student.eager.digest ? 'equal' : 'differ';
  };
  const graph = isMeasured(traced) ? traced : undefined;
  const otherGraph = other !== undefined && isMeasured(other.traced) ? other.traced : undefined;
  const rateOf = (how: string) => `student, steps/s of ${batchSize} samples ${how}`;
  const compared = 'steps as a graph against operations';
  return [
    isMeasured(traced)
      ? row(
          compared,
          equal(own),
          equal(other),
          traced.digest === eager.digest ? undefined : 'the weights differ in the end',
        )
      : failed(compared, traced.problem),
    inAnotherProcess('the same weights in another process', again.student, (second) => {
      const isSame =
        second.eager.digest === eager.digest &&
        (isMeasured(second.traced) ? second.traced.digest : undefined) === graph?.digest;
      return isSame ? undefined : 'another process ended with other weights';
    }),
    graph === undefined
      ? notRun(rateOf('as a graph'), 'there is no graph')
      : rates(rateOf('as a graph'), graph.stepsPerSecond, otherGraph?.stepsPerSecond),
    rates(rateOf('by operations'), eager.stepsPerSecond, other?.eager.stepsPerSecond),
  ];
}

function onnxRows({ gpu, cpu }: Probes, expectsSpeed: boolean): Row[] {
  return part(ONNX, gpu.onnx, cpu.onnx, (own, other) => [
    row(
      'ONNX Runtime, equal questions',
      share(own.movedBy),
      other === undefined ? '–' : share(other.movedBy),
      own.movedBy <= NOISE ? undefined : `moved by more than ${NOISE}`,
    ),
    within('ONNX Runtime against the processor', own, other),
    rates(
      'ONNX teacher, samples/s',
      own.samplesPerSecond,
      other?.samplesPerSecond,
      expectsSpeed ? ONNX_SPEEDUP : 0,
    ),
    memory('ONNX teacher, GPU memory at load', own),
  ]);
}

/**
 * Rows of a part that was measured on the GPU; the processor's results may be absent. A part that was not measured has
 * a row with its problem.
 */
function part<T extends object>(
  check: string,
  gpu: Measured<T>,
  cpu: Measured<T> | undefined,
  rows: (gpu: T, cpu: T | undefined) => Row[],
): Row[] {
  const problem = problemOf(gpu);
  const cpuProblem = cpu && problemOf(cpu);
  const lacks = cpuProblem === undefined ? [] : [failed(`${check}, on the processor`, cpuProblem)];
  if (problem !== undefined) return [failed(check, problem), ...lacks];
  return [
    ...lacks,
    ...rows(gpu as T, cpuProblem === undefined ? (cpu as T | undefined) : undefined),
  ];
}

function inAnotherProcess<T extends object>(
  check: string,
  again: Measured<T>,
  whatDiffers: (again: T) => string | undefined,
): Row {
  return row(check, '–', '–', problemOf(again) ?? whatDiffers(again as T));
}

/** The row on whether samples' answers differ: the check itself relies on this. */
function rowsDiffer({ rowsDifferBy }: Parts['teacher']): Row {
  const problem = rowsDifferBy > ROWS_DIFFER ? undefined : 'swapped answers would not be noticed';
  return row('any two samples differ', '–', share(rowsDifferBy), problem);
}

function within(check: string, gpu: Outputs, cpu: Outputs | undefined): Row {
  if (cpu === undefined) return notRun(check, 'the processor has no figures');
  const difference = differenceShare(cpu.logits, gpu.logits);
  const problem =
    difference <= DEVICES_DIFFER ? undefined : `differs by more than ${DEVICES_DIFFER}`;
  return row(check, share(difference), '–', problem);
}

function rates(check: string, gpu: number, cpu: number | undefined, least = 0): Row {
  const [own, other] = [gpu.toFixed(1), cpu?.toFixed(1) ?? '–'];
  if (cpu === undefined) return measured(check, own, other, '');
  const factor = gpu / cpu;
  const times = `${factor.toFixed(1)} times`;
  if (least === 0) return measured(check, own, other, times);
  const wanted = row(
    check,
    own,
    other,
    factor >= least ? undefined : `want ${least} times the processor’s`,
  );
  return { ...wanted, note: wanted.note === '' ? times : wanted.note };
}

function fastRow(strict: Outputs, fast: Outputs): Row {
  const factor = (fast.samplesPerSecond / strict.samplesPerSecond).toFixed(1);
  const differs = share(differenceShare(strict.logits, fast.logits));
  const note = `${factor} times as fast as strict; logits differ by ${differs}`;
  return measured(
    'TensorFlow, fast (TF32), samples/s',
    fast.samplesPerSecond.toFixed(1),
    '–',
    note,
  );
}

function memory(check: string, { memoryBytes }: Parts['onnx'], parameterCount?: number): Row {
  if (memoryBytes === undefined) return notRun(check, 'the driver does not tell');
  const weightsMib = Math.ceil(((parameterCount ?? 0) * 4) / MIB);
  const note = parameterCount === undefined ? '' : `weights ${weightsMib} MiB`;
  return measured(check, `${Math.round(memoryBytes / MIB)} MiB`, '–', note);
}
