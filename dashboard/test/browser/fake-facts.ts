/** Facts of a made-up cluster for every page: 200 runs of up to 100,000 steps. */
import { crc32, deflateSync } from 'node:zlib';
import type {
  ComparisonFacts,
  EventPage,
  Findings,
  HistoryFacts,
  LogPage,
  Report,
  RunFacts,
  RunRow,
  RunState,
  TeacherFacts,
  WorkerFacts,
} from '../../src/api/index.js';

/** Makes each text from outside: unchanged, or with markup. */
export type Marked = (text: string) => string;

/** For all texts but ids, in which the coordinator allows only letters and digits. */
export const HOSTILE: Marked = (text) =>
  `${text}<img src=x onerror="window.hit=1"><b class="injected">${text}</b>`;
export const PLAIN: Marked = (text) => text;

export const RUNNING = 'flowers-wide';
export const SUCCEEDED = 'flowers-narrow';
export const PAUSED = 'flowers-paid-teachers';
const RUN_COUNT = 200;
const STEPS = 100_000;
const POINTS = 512;
const MINUTE_MS = 60_000;
const DIGEST = '3f9c'.repeat(16);

const STATES: readonly RunState[] = ['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED', 'FAILED', 'CANCELLED'];

export function fakeRows(marked: Marked, nowMs: number): RunRow[] {
  return Array.from({ length: RUN_COUNT }, (_, index): RunRow => {
    const special = ([RUNNING, PAUSED, SUCCEEDED] as const)[index];
    const state: RunState =
      special === RUNNING
        ? 'TRAINING'
        : special === PAUSED
          ? 'PAUSED'
          : special === SUCCEEDED
            ? 'SUCCEEDED'
            : index === 3
              ? 'QUEUED'
              : (STATES[index % STATES.length] as RunState);
    const submittedAtMs = nowMs - (index + 1) * 37 * MINUTE_MS;
    const hasBegun = state !== 'QUEUED';
    const hasEnded = !['TRAINING', 'PAUSED', 'QUEUED'].includes(state);
    const share = state === 'SUCCEEDED' ? 1 : state === 'TRAINING' ? 0.62 : hasBegun ? 0.4 : 0;
    return {
      id: special ?? `digits-${String(RUN_COUNT - index).padStart(3, '0')}`,
      kind: 'Distillation',
      state,
      reason:
        state === 'PAUSED'
          ? marked('teacher big: its server answers 402: no credit is left')
          : state === 'FAILED'
            ? marked('the loss was no number at step 40000')
            : '',
      attempt: 1,
      team: marked(index % 3 === 0 ? 'vision' : 'speech'),
      labels: index % 4 === 0 ? { [marked('sweep')]: marked('temperature') } : {},
      submittedAtMs,
      startedAtMs: hasBegun ? submittedAtMs + MINUTE_MS : 0,
      endedAtMs: hasEnded ? submittedAtMs + 31 * MINUTE_MS : 0,
      step: STEPS * share,
      stepCount: STEPS,
      loss: hasBegun ? 0.41 + 0.01 * (index % 17) : 0,
      validationAccuracy: hasBegun ? 0.9 + 0.001 * (index % 50) : null,
    };
  });
}

const NAMES = ['wide', 'conv', 'lenet', 'noisy'];

function teachers(marked: Marked): TeacherFacts[] {
  return NAMES.map((name, index) => ({
    name: marked(name),
    identity: DIGEST,
    latencyMs: [420, 180, 160, 190][index] ?? null,
    share: [1, 1, 0.998, 0.91][index] ?? null,
    disagreement: [0.021, 0.034, 0.052, 0.47][index] ?? null,
    deviceSeconds: 1200 * (index + 1),
    problems:
      name === 'noisy'
        ? [marked('no better than guessing on its probes (10.2 % of 200 rows)')]
        : [],
  }));
}

export function fakeRun(row: RunRow, marked: Marked): RunFacts {
  const isTraining = row.state === 'TRAINING';
  return {
    ...row,
    samplesPerSecond: isTraining ? 1843 : 0,
    waitingShare: 0.43,
    checkpointStep: Math.floor(row.step / 1000) * 1000,
    degradedShare: 0.09,
    bottleneck: isTraining
      ? { name: 'teachers', text: marked('the student waits 43 % of its time, now for wide') }
      : row.state === 'PAUSED'
        ? { name: 'pause', text: row.reason }
        : row.state === 'QUEUED'
          ? { name: 'queue', text: 'it waits for a free student worker' }
          : null,
    teachers: teachers(marked),
    studentDeviceSeconds: 3100,
    warnings: [marked('teacher noisy: a worker with other bits was left out')],
    order: marked('chunks, in blocks of 768 samples: spec.training.order'),
    datasetDigest: DIGEST,
    modelDigest: row.state === 'SUCCEEDED' ? DIGEST : '',
    finalWeightsDigest: row.state === 'SUCCEEDED' ? DIGEST : '',
    specification: {
      kind: 'Distillation',
      metadata: { name: row.id, team: row.team, labels: row.labels },
      spec: { training: { batchSize: 64, steps: STEPS, learningRate: 0.001 } },
    },
  };
}

export function fakeHistory(run: RunFacts, from: number, to: number): HistoryFacts {
  const columns = [
    ...['loss', 'learningRate', 'gradientNorm', 'samples', 'seconds', 'waitingSeconds'],
    ...['objective[0].kd', 'objective[1].ce', 'validationAccuracy', 'validationNll'],
    ...['storeShare', 'openSpans'],
    ...run.teachers.flatMap(({ name }) =>
      ['latencyMs', 'share', 'disagreement'].map((what) => `teacher.${name}.${what}`),
    ),
  ];
  const end = Math.min(to, run.step);
  const width = Math.max(1, Math.ceil((end - from) / POINTS));
  const count = Math.max(0, Math.ceil((end - from) / width));
  return {
    columns,
    points: Array.from({ length: count }, (_, index) => {
      const firstStep = from + index * width;
      const x = firstStep / STEPS;
      const wave = (k: number) => Math.sin(index * k * 0.7) * Math.cos(index * 0.31 * k);
      const kd = 0.3 + 1.6 * Math.exp(-9 * x) + 0.02 * wave(1);
      const ce = 0.1 + 0.6 * Math.exp(-7 * x) + 0.01 * wave(2);
      const base = [kd + ce, 0.001 * (1 - x), 0.8 + 2 * Math.exp(-9 * x) + 0.1 * wave(3)];
      const speed = [64, 0.034 + 0.002 * wave(1.3), 0.0146 + 0.002 * wave(1.7)];
      const target = [0.25 + 0.1 * wave(0.4), 11 + 2 * wave(0.9)];
      return {
        firstStep,
        endStep: Math.min(end, firstStep + width),
        means: [
          ...base,
          ...speed,
          kd,
          ce,
          // Every fifth point has a pass over the validation split.
          ...(index % 5 === 4 ? [0.9 - 0.6 * Math.exp(-9 * x), kd + 0.1] : [null, null]),
          ...target,
          ...run.teachers.flatMap(({ latencyMs, share, disagreement }, t) => [
            (latencyMs ?? 0) * (1 + 0.1 * wave(t + 1)),
            index < 10 && t === 3 ? null : (share ?? 0),
            (disagreement ?? 0) * (1 + 0.2 * Math.exp(-5 * x) + 0.05 * wave(t + 2)),
          ]),
        ],
      };
    }),
  };
}

const CLASSES = [
  'daisy',
  'rose',
  'tulip',
  'poppy',
  'iris',
  'lily',
  'violet',
  'orchid',
  'lotus',
  'aster',
];

export function fakeReport(run: RunFacts, marked: Marked): Report {
  const model = (accuracy: number, bytes: number) => {
    const figures = {
      accuracy,
      nll: 1.1 - accuracy,
      ece: 0.02,
      brier: 0.12,
      perClassRecall: CLASSES.map((_, index) => accuracy - 0.01 * (index % 4)),
      agreementWithEnsemble: accuracy,
      fidelity: [],
    };
    return {
      ...figures,
      train: figures,
      validation: figures,
      parameters: bytes / 4,
      bytes,
      latencyBatch1Ms: bytes / 400_000,
    };
  };
  const digests = { modelDigest: DIGEST, finalWeightsDigest: DIGEST };
  const report: Partial<Report> = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Report',
    runId: run.id,
    runKind: 'Distillation',
    attempt: 1,
    testSampleCount: 10_000,
    labelledTestCount: 10_000,
    student: { ...model(0.943, 180_000), ...digests, runId: run.id },
    ensemble: { ...model(0.951, 5_400_000), combine: 'arithmetic' },
    studentWithoutTeachers: { ...model(0.921, 180_000), ...digests, runId: `${run.id}-alone` },
    studentAllLabels: null,
    gapClosed: 0.73,
    teachersGain: {
      accuracy: { mean: 0.022, low: 0.016, high: 0.028 },
      onlyWith: 500,
      onlyWithout: 280,
      p: 1e-9,
    },
    teachers: run.teachers.map(({ name, identity }, index) => ({
      ...model([0.948, 0.939, 0.93, 0.102][index] ?? 0, 1_350_000),
      name,
      access: 'white' as const,
      weight: 1,
      identity,
      modelDigest: DIGEST,
    })),
    cost: {
      studentDeviceSeconds: 100,
      teachers: run.teachers.map(({ name, deviceSeconds }) => ({
        name,
        deviceSeconds,
        sampleCount: 65_000,
      })),
    },
    worth: {
      rule: 'arithmetic',
      validation: null,
      test: {
        sampleCount: 10_000,
        accuracy: 0.951,
        nll: 0.17,
        teachers: run.teachers.map(({ name }, index) => {
          const mean = [0.012, 0.004, 0.001, -0.018][index] ?? 0;
          return {
            name,
            loss: {
              accuracy: 0.951 - mean,
              nll: 0.18,
              accuracyLoss: { mean, low: mean - 0.003, high: mean + 0.003 },
              nllLoss: null,
              onlyWith: 300,
              onlyWithout: 100,
              p: 0.01,
            },
          };
        }),
      },
    },
    dataset: {
      digest: DIGEST,
      classCount: CLASSES.length,
      classNames: CLASSES.map(marked),
      trainCount: 60_000,
      labelledTrainCount: 6_000,
      validationCount: 5_000,
      sharedSamples: { validationInTrain: 0, testInTrain: 0, testInValidation: 0 },
    },
  };
  return report as Report;
}

/** Some petals on 16 × 16 gray pixels, as a PNG. */
function picture(): string {
  const side = 16;
  const rows = Buffer.alloc(side * (side + 1));
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [dx, dy] = [x - 7.5, y - 7.5];
      const petal = 5 + 2 * Math.cos(5 * Math.atan2(dy, dx)) - Math.hypot(dx, dy);
      rows[y * (side + 1) + 1 + x] = Math.min(255, Math.max(0, 90 + petal * 60));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 8;
  const chunks = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...chunks]).toString('base64');
}

function chunk(name: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

export function fakeFindings(run: RunFacts, marked: Marked): Findings {
  const classes = CLASSES.map((_, index) => index);
  const model = (name: string, right: number) => ({
    name,
    confusion: {
      classes,
      counts: classes.map((row) =>
        classes.map((column) =>
          row === column
            ? right
            : (row * 7 + column * 3) % 5 === 0
              ? 1000 - right
              : (row + column) % 4,
        ),
      ),
    },
    confused: [
      { label: 1, output: 3, count: 41 },
      { label: 4, output: 6, count: 33 },
      { label: 2, output: 1, count: 12 },
    ],
    reliability: Array.from({ length: 15 }, (_, bin) => ({
      count: bin < 3 ? 0 : bin ** 3,
      confidence: bin < 3 ? null : (bin + 0.5) / 15,
      accuracy: bin < 3 ? null : (bin + 0.2) / 15,
    })),
  });
  const outputs = ['student', 'ensemble', ...run.teachers.map(({ name }) => `teacher.${name}`)].map(
    (name, index) => ({
      model: name,
      top: [
        { class: index === 0 ? 3 : 1, probability: 0.61 },
        { class: 4, probability: 0.2 },
      ],
    }),
  );
  const shown = [
    { kind: 'picture', png: picture(), width: 16, height: 16 },
    { kind: 'text', text: marked('A flower with red petals, seen from above, in the rain.') },
    { kind: 'numbers', values: [0.1, 2.5, -3.25, 12], count: 64 },
  ] as const;
  return {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Findings',
    runId: run.id,
    classNames: CLASSES.map(marked),
    sampleCount: 10_000,
    models: [model('student', 943), model('ensemble', 951)],
    examples: Array.from({ length: 12 }, (_, index) => ({
      row: index * 131,
      label: 1,
      divergence: 3.1 - 0.1 * index,
      outputs,
      shown: shown[index < 8 ? 0 : index < 10 ? 1 : 2] as (typeof shown)[number],
    })),
  };
}

export function fakeEvents(marked: Marked, nowMs: number, before: string | null): EventPage {
  const first = before === null ? 0 : Number(before);
  return {
    events: Array.from({ length: 50 }, (_, index) => ({
      atMs: nowMs - (first + index) * 45_000,
      kind: index % 5 === 0 ? 'checkpoint' : 'ticket-reissued',
      message: marked(
        index % 5 === 0
          ? `checkpoint of step ${61_000 - 1000 * index}`
          : 'teacher-worker-1 left with a ticket of conv in hand; the ticket is issued again',
      ),
    })),
    before: first < 150 ? String(first + 50) : null,
  };
}

export function fakeLog(marked: Marked, nowMs: number, before: string | null): LogPage {
  const first = before === null ? 0 : Number(before);
  return {
    lines: Array.from({ length: 50 }, (_, index) => ({
      atMs: nowMs - (first + index) * 2_000,
      level: index % 7 === 0 ? 'warn' : 'info',
      from: marked(index % 2 === 0 ? 'coordinator' : 'teacher-worker-1'),
      message: marked(
        index % 7 === 0
          ? 'teacher conv: ticket returned: the server answers 503 (sequence=12, retryable=true)'
          : 'checkpoint committed (step=61000, seconds=0.2)',
      ),
    })),
    before: first < 100 ? String(first + 50) : null,
  };
}

export function fakeWorkers(marked: Marked, nowMs: number): WorkerFacts {
  const worker = (id: string, kind: 'student' | 'teacher', busyWith: string[]) => ({
    id,
    kind,
    version: '0.1.0',
    engine: 'native',
    device: marked('cpu AMD EPYC 7763'),
    computeThreads: 4,
    connectedAtMs: nowMs - 90 * MINUTE_MS,
    busyWith: busyWith.map(marked),
    ticketsInHand: kind === 'teacher' ? 2 : 0,
    problems: [],
    gpu: null,
  });
  return {
    desiredTeacherWorkers: 4,
    workers: [
      worker('student-worker-0', 'student', [RUNNING]),
      worker('teacher-worker-0', 'teacher', ['wide', 'lenet']),
      {
        ...worker('teacher-worker-1', 'teacher', ['conv', 'noisy']),
        device: marked('NVIDIA H100'),
        gpu: { driver: '570.86', memoryBytes: 85e9, memoryBudgetBytes: 40e9 },
        problems: [marked('a teacher does not fit into its memory budget')],
      },
    ],
    quarantines: [
      {
        workerId: 'teacher-worker-1',
        teacher: marked('noisy'),
        teacherIdentity: DIGEST,
        reason: marked('a canary had other bits: 3 of 8 rows'),
        sinceMs: nowMs - 12 * MINUTE_MS,
      },
    ],
  };
}

export function fakeComparison(rows: readonly RunRow[], marked: Marked): ComparisonFacts {
  const [first, ...others] = rows;
  return {
    runs: rows,
    figures: rows.map(({ state }, index) =>
      state === 'SUCCEEDED'
        ? {
            accuracy: 0.943 - 0.008 * index,
            nll: 0.21 + 0.02 * index,
            ece: 0.02,
            bytes: 180_000,
            latencyBatch1Ms: 0.45,
            wallSeconds: 1860,
            deviceSeconds: 15_100,
          }
        : null,
    ),
    pairs: others.map(({ id }, index) => ({
      reference: first?.id ?? '',
      run: id,
      difference: -0.008 * (index + 1),
      low: -0.008 * (index + 1) - 0.006,
      high: -0.008 * (index + 1) + 0.006 + (index === 0 ? 0.004 : 0),
      p: index === 0 ? 0.09 : 0.004,
    })),
    notCompared: marked('') || null,
  };
}
