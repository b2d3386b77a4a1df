/** The runs of `remote-teachers`, as specifications in JSON. */

export const STUDENTS = ['conv', 'mlp'] as const;
export type StudentName = (typeof STUDENTS)[number];

export const TEACHERS = ['teacher-mlp', 'teacher-lenet', 'teacher-conv'] as const;
type ModelName = StudentName | (typeof TEACHERS)[number];

/** Layers of the students, conv: conv16-pool-conv32-pool-dense64; mlp: 784-30-30-10. */
export const MODELS: Readonly<Record<ModelName, unknown>> = {
  conv: { architecture: 'conv', filters: [16, 32], denseUnits: [64] },
  mlp: { architecture: 'mlp', hiddenUnits: [30, 30] },
  'teacher-mlp': { architecture: 'mlp', hiddenUnits: [100] },
  'teacher-lenet': { architecture: 'lenet' },
  'teacher-conv': { architecture: 'conv', filters: [8, 16], denseUnits: [] },
};

/** TensorFlow's threads: 1 or 2, whichever is faster. A perceptron computes too little for two threads. */
export const STUDENT_THREADS: Readonly<Record<StudentName, number>> = { conv: 2, mlp: 1 };

interface RunSettings {
  readonly name: string;
  readonly model: ModelName;
  readonly steps?: number;
  readonly epochs?: number;
  readonly viewSeed?: number;
  /** Seed of the order and the first weights. */
  readonly seed?: number;
}

export function training(settings: RunSettings): string {
  return JSON.stringify({
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Training',
    metadata: { name: settings.name },
    spec: common(settings),
  });
}

export function distillation(settings: RunSettings): string {
  return JSON.stringify({
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: settings.name },
    spec: {
      ...common(settings),
      teachers: TEACHERS.map((name) => ({ name, model: name })),
      // The teachers may be untrained, and would not pass the probe.
      teacherHealth: { accept: [...TEACHERS] },
      // One term, as for the student alone: the time of a second term is no cost of teachers.
      objective: [{ term: 'kd', weight: 1, temperature: 4 }],
    },
  });
}

function common(settings: RunSettings): Record<string, unknown> {
  const { model, steps, epochs, viewSeed, seed } = settings;
  return {
    dataset: 'digits',
    student: { model: MODELS[model] },
    // The cycle has more epochs than any run, so that no view comes twice.
    ...(viewSeed !== undefined && { views: { seed: viewSeed, cycle: 1000, shift: 0.07 } }),
    training: {
      batchSize: 128,
      checkpointEverySteps: 200,
      ...(steps ? { steps } : { epochs }),
      ...(seed !== undefined && { seed }),
    },
  };
}
