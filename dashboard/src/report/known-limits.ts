/** Limits of a report's figures that a reader should know, a sentence each. Pure. */
import { mayBeChance, ONLY_CLASS_MEANS, onlyClassFound, type Report } from '../api/index.js';
import { countText, percentText, pluralText, wilsonInterval } from '../components/index.js';

/** An interval that reaches further than this to each side counts as wide. */
const WIDE_REACH = 0.02;
/** A greater mean distance of confidence and accuracy (ECE) is mentioned. */
const POOR_CALIBRATION = 0.05;
/** Greatest number of names in a sentence. */
const NAMES = 10;

export function knownLimits(report: Report): string[] {
  return [
    ...testLimits(report),
    ...splitLimits(report),
    ...baselineLimits(report),
    ...classLimits(report),
    ...calibrationLimits(report),
    ...teacherLimits(report),
    ...reproductionLimits(report),
    'Figures are of one training with one seed; another seed gives somewhat other figures.',
  ];
}

function testLimits(report: Report): string[] {
  const count = report.labelledTestCount;
  const { accuracy } = report.student;
  if (accuracy === null) return ['No test sample has a label: nothing says how often it is right.'];
  const { low, high } = wilsonInterval(accuracy, count);
  const limits: string[] = [];
  if ((high - low) / 2 > WIDE_REACH) {
    limits.push(
      `The test split has only ${pluralText(count, 'labelled sample')}: on other samples of the same kind the accuracy may be from ${percentText(low)} to ${percentText(high)}.`,
    );
  }
  if (count < report.testSampleCount) {
    limits.push(
      `${countText(report.testSampleCount - count)} of ${countText(report.testSampleCount)} test samples have no label; figures that need labels leave them out.`,
    );
  }
  return limits;
}

function splitLimits({ dataset, measuredTrainCount }: Report): string[] {
  const { sharedSamples: shared, trainCount, labelledTrainCount } = dataset;
  const limits = [
    [shared.testInTrain, 'test', 'training'],
    [shared.testInValidation, 'test', 'validation'],
    [shared.validationInTrain, 'validation', 'training'],
  ]
    .filter(([count]) => Number(count) > 0)
    .map(
      ([count, of, other]) =>
        `${pluralText(Number(count), 'sample')} of the ${of} split ${count === 1 ? 'is' : 'are'} in the ${other} split too: figures on ${count === 1 ? 'it' : 'them'} are too good.`,
    );
  if (labelledTrainCount < trainCount) {
    limits.push(
      `${countText(trainCount - labelledTrainCount)} of ${countText(trainCount)} training samples have no label or were trained on without it.`,
    );
  }
  if (measuredTrainCount < trainCount) {
    limits.push(
      `Figures of the training split are over ${countText(measuredTrainCount)} of its samples.`,
    );
  }
  return limits;
}

function baselineLimits(report: Report): string[] {
  const { ensemble, student, studentWithoutTeachers: alone } = report;
  if (ensemble === null) return [];
  if (alone === null) {
    return ['The student was not trained without teachers, so what they gave it is not known.'];
  }
  if (student.accuracy === null || alone.accuracy === null) return [];
  if (report.teachersGain !== null && mayBeChance(report)) {
    return [
      `The difference of the student with and without teachers may be chance (McNemar's exact test, p ${report.teachersGain.p.toFixed(2)}).`,
    ];
  }
  return student.accuracy < alone.accuracy ? ['The student is worse than without teachers.'] : [];
}

function classLimits(report: Report): string[] {
  const { student, dataset } = report;
  const { perClassRecall: recalls, accuracy } = student;
  if (recalls === null || accuracy === null) return [];
  const name = (index: number) => dataset.classNames[index] ?? String(index);
  const untested = [...recalls.keys()].filter((index) => recalls[index] === null);
  const only = onlyClassFound(report);
  const weak = [...recalls.keys()].filter((index) => (recalls[index] ?? 1) < accuracy / 2);
  return [
    ...(untested.length === 0
      ? []
      : [`No test sample is of ${classesText(untested.map(name))}: nothing is known of them.`]),
    ...(only === undefined
      ? weakText(weak.map(name))
      : [
          `Of the test split's classes the student finds ${classesText([name(only)])} ${ONLY_CLASS_MEANS}`,
        ]),
  ];
}

function weakText(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [
    `The student finds ${classesText(names)} less than half as often as it is right overall.`,
  ];
}

function calibrationLimits({ student }: Report): string[] {
  if (student.ece === null || student.ece <= POOR_CALIBRATION) return [];
  return [
    `Its probabilities are off by ${(100 * student.ece).toFixed(1)} points on average (ECE): do not take them at their word.`,
  ];
}

function teacherLimits(report: Report): string[] {
  const { teachers, teacherWarnings, contributors, dataset } = report;
  const limits = teachers.flatMap(({ name, knownClasses, access }) => [
    ...(knownClasses === undefined
      ? []
      : [
          `Teacher ${name} knows ${countText(knownClasses.length)} of ${countText(dataset.classCount)} classes.`,
        ]),
    ...(access === 'black' ? [`Teacher ${name} gives final answers only, no probabilities.`] : []),
  ]);
  const degraded = contributors?.degradedShare ?? 0;
  if (degraded > 0) {
    limits.push(
      `The targets of ${percentText(degraded)} of the steps were made of fewer than all teachers.`,
    );
  }
  // The warnings include the findings of the teachers' probes.
  return [...limits, ...teacherWarnings.map(sentence)];
}

function reproductionLimits({ bitExact, bitExactExceptions }: Report): string[] {
  return bitExact
    ? []
    : bitExactExceptions.map((why) => `The same run need not give the same bits: ${sentence(why)}`);
}

/** `class a`, `the classes a, b and 3 more`. */
function classesText(names: readonly string[]): string {
  if (names.length === 1) return `class ${names[0]}`;
  const more = names.length > NAMES ? ` and ${countText(names.length - NAMES)} more` : '';
  return `the classes ${names.slice(0, NAMES).join(', ')}${more}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
