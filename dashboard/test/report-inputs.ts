/** Inputs of reports of any size, also with markup in every text. */
import type { Findings, HistoryFacts, Report } from '../src/api/index.js';
import type { ReportInput } from '../src/report/index.js';

export interface Size {
  readonly classes: number;
  readonly teachers: number;
  readonly examples: number;
  readonly points: number;
  /** Base64 characters of each picture. */
  readonly picture: number;
}

const SMALL: Size = { classes: 3, teachers: 2, examples: 4, points: 4, picture: 100 };

/** @param mark - applied to every text from outside. */
export function reportInput(
  size: Partial<Size> = {},
  mark: (text: string) => string = (text) => text,
): ReportInput & { readonly findings: Findings; readonly history: HistoryFacts } {
  const all = { ...SMALL, ...size };
  const classNames = Array.from({ length: all.classes }, (_, c) => mark(`class-${c}`));
  const report = reportOf(all, classNames, mark);
  return {
    report,
    findings: findingsOf(all, classNames, report, mark),
    history: historyOf(all, report),
    cost: {
      studentDeviceSeconds: 100,
      teachers: report.teachers.map(({ name }) => ({ name, deviceSeconds: 50, sampleCount: 900 })),
    },
    endedAtMs: Date.UTC(2026, 2, 1, 12),
    specificationYaml: mark('kind: Distillation\nspec: {}\n'),
  };
}

function reportOf({ classes, teachers }: Size, classNames: string[], mark: Mark): Report {
  const names = Array.from({ length: teachers }, (_, t) => mark(`teacher-${t}`));
  const references = ['ensemble', ...names.map((name) => `teacher.${name}`)];
  const figures = (accuracy: number) => ({
    accuracy,
    nll: 0.2,
    ece: 0.01,
    brier: 0.09,
    perClassRecall: Array.from({ length: classes }, (_, c) => (c % 100) / 100),
    agreementWithEnsemble: 0.97,
    fidelity: references.map((to) => ({ to, agreement: 0.9, kl: 0.1, agreementWhereWrong: null })),
  });
  const row = (accuracy: number) => ({
    ...figures(accuracy),
    train: figures(accuracy + 0.02),
    validation: figures(accuracy),
    parameters: 24_790,
    bytes: 99_160,
    latencyBatch1Ms: 0.5,
  });
  const digest = (digit: string) => digit.repeat(64);
  const worker = {
    workerId: mark('worker'),
    version: '0.1.0',
    engine: 'native',
    engineVersion: mark('tensorflow 2.21.0'),
    computeThreads: 2,
    device: mark('cpu'),
  };
  return {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Report',
    runId: mark('digits'),
    runKind: 'Distillation',
    attempt: 1,
    replayOf: null,
    testSampleCount: 2_000,
    labelledTestCount: 1_900,
    measuredTrainCount: 5_000,
    labelledMeasuredTrainCount: 5_000,
    labelledValidationCount: 1_000,
    teachers: names.map((name, t) => ({
      ...row(0.95),
      name,
      access: 'white',
      weight: 1,
      identity: String(t).padStart(64, '0'),
      modelDigest: digest('2'),
    })),
    ensemble: { ...row(0.96), combine: 'arithmetic' },
    student: {
      ...row(0.942),
      runId: mark('digits'),
      modelDigest: digest('3'),
      finalWeightsDigest: digest('4'),
    },
    studentWithoutTeachers: {
      ...row(0.8),
      runId: mark('digits'),
      modelDigest: digest('5'),
      finalWeightsDigest: digest('6'),
    },
    studentAllLabels: null,
    gapClosed: 0.8875,
    teachersGain: {
      accuracy: { mean: 0.142, low: 0.12, high: 0.164 },
      onlyWith: 300,
      onlyWithout: 30,
      p: 1e-9,
    },
    samplesPerSecond: 1_716,
    wallSeconds: 187,
    training: {
      samples: 140_020,
      seconds: 80,
      waitingSeconds: 8,
      stepCount: 1_100,
      selectedStep: 990,
    },
    cost: {
      studentDeviceSeconds: 100,
      teachers: names.map((name) => ({
        name,
        deviceSeconds: 50,
        sampleCount: 900,
        calls: { count: 450, inputTokens: 0, outputTokens: 0 },
        price: { amount: 4.5, currency: mark('EUR') },
      })),
    },
    worth: {
      rule: 'arithmetic',
      validation: null,
      test: {
        sampleCount: 1_900,
        accuracy: 0.96,
        nll: 0.2,
        teachers: names.map((name, t) => ({ name, loss: lossOf(t === 0 ? 0.02 : -0.01) })),
      },
    },
    contributors: { degradedShare: 0, teachers: names.map((name) => ({ name, share: 1 })) },
    teacherKnowledge: names.map((name) => ({
      name,
      rowCount: 256,
      labelledCount: 200,
      accuracy: 0.1,
      meanEntropy: 0.1,
      finding: 'at-chance',
      accepted: false,
    })),
    teacherWarnings: [
      `teacher ${names[0]} is no better than chance`,
      mark('a worker was quarantined'),
    ],
    dataset: {
      digest: digest('7'),
      classCount: classes,
      classNames,
      trainCount: 7_000,
      labelledTrainCount: 200,
      validationCount: 1_000,
      sharedSamples: { validationInTrain: 0, testInTrain: 3, testInValidation: 0 },
    },
    environment: {
      coordinatorVersion: mark('0.1.0'),
      node: '20.20.2',
      studentWorker: worker,
      teacherWorkers: [worker],
    },
    seeds: { training: 1, labels: 1, views: null },
    digests: {
      specification: digest('8'),
      dataset: digest('7'),
      studentModel: digest('3'),
      studentFinalWeights: digest('4'),
    },
    bitExact: false,
    bitExactExceptions: [mark('workers differ')],
    specification: { spec: { dataset: mark('mnist') } },
  };
}

function lossOf(mean: number) {
  return {
    accuracy: 0.96 - mean,
    nll: 0.25,
    accuracyLoss: { mean, low: mean - 0.004, high: mean + 0.004 },
    nllLoss: { mean, low: mean - 0.01, high: mean + 0.01 },
    onlyWith: 30,
    onlyWithout: 10,
    p: 0.002,
  };
}

type Mark = (text: string) => string;

function findingsOf(size: Size, classNames: string[], report: Report, mark: Mark): Findings {
  const shown = Array.from({ length: Math.min(40, size.classes) }, (_, index) => index);
  const names = [
    'student',
    'ensemble',
    'studentWithoutTeachers',
    ...report.teachers.map(({ name }) => `teacher.${name}`),
  ];
  const kinds = [
    { kind: 'picture', png: 'A'.repeat(size.picture), width: 128, height: 128 },
    { kind: 'text', text: mark('a text').padEnd(500, '.') },
    { kind: 'numbers', values: Array.from({ length: 32 }, (_, i) => i / 7), count: 784 },
    {
      kind: 'row',
      cells: Array.from({ length: 32 }, (_, c) => ({ column: mark(`c${c}`), value: mark('v') })),
      count: 40,
    },
  ] as const;
  return {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Findings',
    runId: report.runId,
    classNames,
    sampleCount: 1_900,
    models: names.map((name) => ({
      name,
      confusion: { classes: shown, counts: shown.map(() => shown.map(() => 12_345)) },
      confused: Array.from({ length: 50 }, () => ({ label: 0, output: 1, count: 9 })),
      reliability: Array.from({ length: 15 }, (_, bin) =>
        bin < 3
          ? { count: 0, confidence: null, accuracy: null }
          : { count: 100, confidence: (bin + 0.5) / 15, accuracy: (bin + 0.3) / 15 },
      ),
    })),
    examples: Array.from({ length: size.examples }, (_, e) => ({
      row: e,
      label: e === 0 ? -1 : 0,
      divergence: 1.25,
      outputs: names.map((model) => ({
        model,
        top: [0, 1, 2].map((c) => ({ class: c, probability: 0.5 - c / 10 })),
      })),
      shown: kinds[e % 4] ?? kinds[0],
    })),
  };
}

function historyOf({ points }: Size, { teachers }: Report): HistoryFacts {
  const columns = [
    ...['loss', 'learningRate', 'gradientNorm', 'samples', 'seconds', 'waitingSeconds'],
    ...['objective[0].kd', 'objective[1].ce', 'storeShare', 'openSpans'],
    ...teachers.flatMap(({ name }) =>
      ['latencyMs', 'share', 'disagreement'].map((what) => `teacher.${name}.${what}`),
    ),
  ];
  return {
    columns,
    points: Array.from({ length: points }, (_, point) => ({
      firstStep: point * 10,
      endStep: point * 10 + 10,
      means: columns.map((_, column) => (column + 1) / (point + 1)),
    })),
  };
}
