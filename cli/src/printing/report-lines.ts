/** A run's report as text: the student compared with its teachers, the ensemble and the baselines. */
import type { Report, ReportModelRow } from '@lyceum/coordinator/documents';
import { closedGap, combinedTeachers, mayBeChance } from '@lyceum/dashboard/api';
import { sharedSamplesText } from '@lyceum/learning/datasets';
import {
  fidelityLines,
  knownClassesText,
  samplesText,
  splitLines,
  worstRecallText,
} from './report-figures.js';
import { costText } from './runs/index.js';
import {
  bytesText,
  type Column,
  countText,
  durationText,
  fixed,
  orUnknown,
  percentText,
  probability,
  signed,
  tableLines,
} from './text/index.js';

interface Line {
  readonly name: string;
  readonly figures: ReportModelRow;
  /** Null: not known, because another program runs the model. */
  readonly parameters: number | null;
  readonly bytes: number | null;
  /** Null: not known, because the model answers final classes, or its answers were written down. */
  readonly latencyMs: number | null;
}

export function reportLines(report: Report): string[] {
  const lines = modelLines(report);
  const seesOneOfSeveral = lines.some(({ figures }) => figures.modality !== undefined);
  const columns: Column<Line>[] = [
    { title: 'MODEL', value: (l) => l.name },
    ...(seesOneOfSeveral
      ? [{ title: 'MODALITY', value: ({ figures }: Line) => figures.modality }]
      : []),
    { title: 'ACCURACY', value: (l) => orUnknown(l.figures.accuracy, percentText), align: 'right' },
    { title: 'NLL', value: (l) => orUnknown(l.figures.nll, fixed), align: 'right' },
    { title: 'ECE', value: (l) => orUnknown(l.figures.ece, fixed), align: 'right' },
    { title: 'BRIER', value: (l) => orUnknown(l.figures.brier, fixed), align: 'right' },
    {
      title: 'AGREEMENT',
      value: (l) => orUnknown(l.figures.agreementWithEnsemble, percentText),
      align: 'right',
    },
    { title: 'PARAMETERS', value: (l) => orUnknown(l.parameters, countText), align: 'right' },
    { title: 'SIZE', value: (l) => orUnknown(l.bytes, bytesText), align: 'right' },
    {
      title: 'LATENCY',
      value: (l) => orUnknown(l.latencyMs, (ms) => `${ms.toFixed(2)} ms`),
      align: 'right',
    },
  ];
  const tables = [
    tableLines(columns, lines),
    splitLines(report),
    fidelityLines(report),
    sentences(report),
  ];
  return tables
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function modelLines(report: Report): Line[] {
  const lines = report.teachers.map((row) => modelLine(`teacher ${row.name}`, row));
  if (report.ensemble !== null) {
    const { combine, teachers = [] } = report.ensemble;
    const some = teachers.length > 0 && teachers.length < report.teachers.length;
    const of = some ? ` of ${teachers.join(', ')}` : '';
    const members = combinedTeachers(report);
    lines.push(modelLine(`ensemble (${combine}${of})`, report.ensemble, members));
  }
  lines.push(modelLine('student', report.student));
  if (report.studentWithoutTeachers !== null) {
    lines.push(modelLine('student without teachers', report.studentWithoutTeachers));
  }
  if (report.studentAllLabels !== null) {
    lines.push(modelLine('student with all labels', report.studentAllLabels));
  }
  return lines;
}

/** @param parts - rows of which `figures` has the sums: if one part is not known, the sum is not known. */
function modelLine(
  name: string,
  figures: ReportModelRow,
  parts: readonly ReportModelRow[] = [figures],
): Line {
  const known = (of: (row: ReportModelRow) => number) =>
    parts.every((part) => of(part) > 0) ? of(figures) : null;
  return {
    name,
    figures,
    parameters: known((row) => row.parameters),
    bytes: known((row) => row.bytes),
    latencyMs: known((row) => row.latencyBatch1Ms),
  };
}

function sentences(report: Report): string[] {
  const { dataset, student, studentWithoutTeachers: alone, training } = report;
  const lines = [
    `Labels: ${countText(dataset.labelledTrainCount)} of ${countText(dataset.trainCount)} training samples; the models' figures are of ${samplesText(report.testSampleCount, 'test', report.labelledTestCount)}.`,
  ];
  if (report.measuredTrainCount < dataset.trainCount) {
    lines.push(
      `Figures on train are over ${countText(report.measuredTrainCount)} of its samples, a fixed choice.`,
    );
  }
  if (training.order !== undefined) lines.push(`Order of the samples: ${training.order}.`);
  const shared = sharedSamplesText(dataset.sharedSamples);
  if (shared !== undefined) lines.push(`Samples in two splits: ${shared}.`);
  lines.push(...knownClassesLines(report), ...canaryLines(report));
  const worst = worstRecallText(report);
  if (worst !== undefined) lines.push(worst);
  if (alone !== null && alone.accuracy !== null && student.accuracy !== null) {
    lines.push(gainText(report, student.accuracy - alone.accuracy));
  }
  const { weights, temperatures } = report.ensemble?.fit ?? {};
  for (const [what, values] of [
    ['Weights', weights],
    ['Temperatures', temperatures],
  ] as const) {
    if (!Array.isArray(values)) continue;
    const shown = report.teachers.map(({ name }, k) => `${name} ${Number(values[k]).toFixed(3)}`);
    lines.push(`${what} fitted on the validation split: ${shown.join(', ')}.`);
  }
  const isCounted = combinedTeachers(report).every(({ parameters }) => parameters > 0);
  if (report.ensemble !== null && report.student.parameters > 0 && isCounted) {
    const times = report.ensemble.parameters / report.student.parameters;
    const text = (factor: number) => (factor < 10 ? factor.toFixed(1) : countText(factor));
    lines.push(
      times < 1
        ? `It has ${text(1 / times)} times as many parameters as the ensemble.`
        : `It has ${text(times)} times fewer parameters than the ensemble.`,
    );
  }
  const share = (seconds: number) => (training.seconds > 0 ? seconds / training.seconds : 0);
  const waiting = share(training.waitingSeconds);
  const { dataWaitingSeconds } = training;
  const pictures =
    dataWaitingSeconds === undefined
      ? ''
      : ` and ${percentText(share(dataWaitingSeconds), 1)} for pictures`;
  if (report.contributors != null && report.contributors.degradedShare > 0) {
    const shares = report.contributors.teachers.map((t) => `${t.name} ${percentText(t.share, 1)}`);
    lines.push(
      `${percentText(report.contributors.degradedShare, 1)} of the steps had fewer than all teachers; contributed to: ${shares.join(', ')}.`,
    );
  }
  for (const warning of report.teacherWarnings) lines.push(`Warning: ${warning}.`);
  lines.push(
    `Trained at ${countText(report.samplesPerSecond)} samples/s, ${percentText(waiting, 1)} of the time waiting for targets${pictures}; ${durationText(report.wallSeconds * 1000)} from submit to end.`,
    ...(report.cost ? [`It cost ${costText(report.cost)}.`] : []),
    reproducibilityText(report),
  );
  return lines;
}

/** @param gain - the student's accuracy minus the accuracy without teachers. */
function gainText(report: Report, gain: number): string {
  const { teachersGain: known } = report;
  const interval = known
    ? ` (${signed(100 * known.accuracy.low, 2)} to ${signed(100 * known.accuracy.high, 2)})`
    : '';
  const chance =
    known && mayBeChance(report) ? `, which may be chance: P ${probability(known.p)}` : '';
  if (gain === 0) return `The student is right as often as without teachers${interval}.`;
  const closed = closedGap(report);
  const gap =
    closed === undefined ? '' : `, ${percentText(closed, 0)} of the gap to the ensemble closed`;
  return `The teachers made the student ${Math.abs(100 * gain).toFixed(2)} points ${gain < 0 ? 'worse' : 'better'}${interval}${chance}${gap}.`;
}

function knownClassesLines({ teachers, dataset }: Report): string[] {
  return teachers.flatMap(({ name, knownClasses }) => {
    if (knownClasses === undefined) return [];
    const knows = knownClassesText(knownClasses.length, dataset.classCount);
    return [
      `Teacher ${name} ${knows}; its accuracy is over all samples; agreement and KL are over samples of its classes, and among its classes.`,
    ];
  });
}

function canaryLines({ teachers }: Report): string[] {
  return teachers.flatMap(({ name, canarySamples }) => {
    if (canarySamples === undefined) return [];
    const { used, allowed } = canarySamples;
    return [`Canaries of teacher ${name}: ${countText(used)} of ${countText(allowed)} samples.`];
  });
}

/** If teachers were late, by chance, only a replay of the run gives the same bits. */
function reproducibilityText(report: Report): string {
  if (!report.bitExact) return `Not bit-exact: ${report.bitExactExceptions.join('; ')}.`;
  const isDegraded = (report.contributors?.degradedShare ?? 0) > 0;
  const which = isDegraded ? 'A replay of the run' : 'The same run again';
  return `${which} gives the same bits on the same device type and thread count.`;
}
