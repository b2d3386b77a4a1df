/** Documents of `explain` changed: without a rule, without a teacher, with another seed. Pure. */
import type { Imitation } from '@lyceum/learning/specification';

export interface Variant {
  /** Of its runs. */
  readonly name: string;
  /** Of its row. */
  readonly title: string;
  readonly document: Imitation;
}

type Rule = Imitation['spec']['check']['rules'][number];

/** The variant that is the document itself. */
export const ALL_RULES = 'all-rules';

/** No rule and all teachers first, with which the others are compared. */
export function variantsOf(document: Imitation): Variant[] {
  const { check, teachers } = document.spec;
  const ruled = (isTaken: (rule: Rule['rule']) => boolean): Imitation => {
    const rules = check.rules.filter(({ rule }) => isTaken(rule));
    return { ...document, spec: { ...document.spec, check: { ...check, rules } } };
  };
  const none = ruled(() => false);
  return [
    { name: 'no-rule', title: 'no rule, all teachers', document: none },
    ...check.rules.map(({ rule }) => ({
      name: rule,
      title: `${rule} alone`,
      document: ruled((own) => own === rule),
    })),
    { name: ALL_RULES, title: 'all rules', document },
    ...check.rules.map(({ rule }) => ({
      name: `not-${rule}`,
      title: `all rules but ${rule}`,
      document: ruled((own) => own !== rule),
    })),
    { name: 'consensus', title: 'no rule, taught by Dawid–Skene', document: byConsensus(none) },
    ...teachers.map(({ name }) => ({
      name: `not-${name}`,
      title: `no rule, without ${name}`,
      document: withTeachers(none, (own) => own !== name),
    })),
  ];
}

/** Taught the classes behind the votes. */
function byConsensus(document: Imitation): Imitation {
  const teach = 'dawid-skene';
  const own = withRun(document, (run) => ({ ...run, teacherHealth: { accept: [teach] } }));
  const { train } = own.spec;
  return train === undefined ? own : { ...own, spec: { ...own.spec, train: { ...train, teach } } };
}

/** With one teacher, and all of what it says. */
export function alone(document: Imitation, teacher: string): Imitation {
  const { spec } = withTeachers(document, (own) => own === teacher);
  return { ...document, spec: { ...spec, check: { ...spec.check, rules: [] } } };
}

/** Whom the run accepts, however little its probe shows of them, is among its teachers. */
function withTeachers(document: Imitation, isKept: (name: string) => boolean): Imitation {
  const teachers = document.spec.teachers.filter(({ name }) => isKept(name));
  const accept = teachers.map(({ name }) => name);
  const { spec } = withRun(document, (run) => ({ ...run, teacherHealth: { accept } }));
  return { ...document, spec: { ...spec, teachers } };
}

export function withSeed(document: Imitation, seed: number): Imitation {
  return withTraining(document, () => ({ seed }));
}

interface Training {
  readonly epochs: number;
  readonly seed: number;
}

export function withTraining(
  document: Imitation,
  change: (training: Training) => Partial<Training>,
): Imitation {
  return withRun(document, (run) => {
    const training = run['training'] as Training;
    return { ...run, training: { ...training, ...change(training) } };
  });
}

type Run = Readonly<Record<string, unknown>>;

function withRun(document: Imitation, change: (run: Run) => Run): Imitation {
  const { train } = document.spec;
  if (train === undefined) return document;
  const run = change(train.run);
  return { ...document, spec: { ...document.spec, train: { ...train, run } } };
}

/** Without rules: those over explanations leave few. */
export function withExplanations(document: Imitation): Imitation {
  const { train, check } = document.spec;
  if (train === undefined) return document;
  const own = { ...train, explanations: 'modality' as const };
  return { ...document, spec: { ...document.spec, check: { ...check, rules: [] }, train: own } };
}
