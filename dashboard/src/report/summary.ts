/** The summary of a run in a few sentences, the result first. Pure. */
import { closedGap, combinedTeachers, mayBeChance } from '../api/index.js';
import {
  bytesText,
  countText,
  durationText,
  intervalText,
  percentText,
  pluralText,
  wilsonInterval,
} from '../components/index.js';
import { isMissing, type ReportInput } from './report-input.js';

/** The student's size is mentioned if it is at least this many times smaller than the ensemble. */
const WORTH_A_WORD = 1.2;

type Report = ReportInput['report'];

export function summarySentences({ report, cost }: ReportInput): string[] {
  return [
    accuracySentence(report),
    ...gapSentence(report),
    ...sizeSentence(report),
    costSentence(report, cost),
  ];
}

/** The origin of the student: teachers, rule, samples and steps. */
export function originSentence({ teachers, ensemble, dataset, training }: Report): string {
  const samples = `${countText(dataset.trainCount)} training samples, ${countText(dataset.labelledTrainCount)} of them with a label`;
  const steps = `${countText(training.stepCount)} steps; the weights are those after step ${countText(training.selectedStep)}, which did best on the validation split`;
  if (ensemble === null) return `A model trained on ${samples}, in ${steps}.`;
  const names = teachers.map(({ name }) => name).join(', ');
  const from = teachers.length === 1 ? `teacher ${names}` : `the teachers ${names}`;
  const how = teachers.length === 1 ? '' : `, combined by the rule ${ensemble.combine}`;
  return `A student distilled from ${from}${how}, on ${samples}, in ${steps}.`;
}

function accuracySentence(report: Report): string {
  const { accuracy } = report.student;
  if (accuracy === null) return 'The test split has no labels, so no accuracy is known.';
  const count = report.labelledTestCount;
  const { low, high } = wilsonInterval(accuracy, count);
  return `The student is right on ${intervalText(accuracy, low, high)} of ${pluralText(count, 'test sample')}.`;
}

function gapSentence(report: Report): string[] {
  const { student, studentWithoutTeachers } = report;
  const alone = studentWithoutTeachers?.accuracy ?? null;
  if (alone === null || student.accuracy === null) return [];
  const points = (student.accuracy - alone) * 100;
  if (points === 0) return ['That is as often as without teachers.'];
  const change = `${Math.abs(points).toFixed(1)} points ${points < 0 ? 'less' : 'more'} than without teachers`;
  const closed = closedGap(report);
  const gap = mayBeChance(report)
    ? ', which may be chance'
    : closed === undefined
      ? ''
      : `, which closes ${percentText(closed, 0)} of the gap to the ensemble`;
  return [`That is ${change} (${percentText(alone)})${gap}.`];
}

function sizeSentence(report: Report): string[] {
  const { student, ensemble } = report;
  if (student.parameters === 0) return [];
  const own = `It has ${countText(student.parameters)} parameters in ${bytesText(student.bytes)} and answers one sample in ${student.latencyBatch1Ms.toFixed(2)} ms`;
  const isKnown = combinedTeachers(report).every(({ parameters }) => parameters > 0);
  if (ensemble === null || !isKnown) return [`${own}.`];
  const times = ensemble.parameters / student.parameters;
  // Speeds are not compared: those of the ensemble's teachers were measured on other devices.
  return times < WORTH_A_WORD
    ? [`${own}.`]
    : [`${own}: ${timesText(times)} fewer parameters than the ensemble.`];
}

function costSentence(report: Report, cost: ReportInput['cost']): string {
  const wall = `The run took ${durationText(report.wallSeconds)}`;
  if (isMissing(cost)) return `${wall}.`;
  const teachers = cost.teachers.reduce((sum, { deviceSeconds }) => sum + deviceSeconds, 0);
  const devices = durationText(cost.studentDeviceSeconds + teachers);
  return `${wall} and ${devices} of device time, ${durationText(teachers)} of it the teachers'.`;
}

/** `1.8 times`, `18 times`. */
function timesText(times: number): string {
  return `${times < 10 ? times.toFixed(1) : countText(times)} times`;
}
