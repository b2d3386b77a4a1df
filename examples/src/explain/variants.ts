/** Documents of `explain` changed: without a rule, without a teacher, with another seed. Pure. */
import type { Imitation } from '@lyceum/learning/specification';

export interface Variant {
  /** Part of the names of its runs. */
  readonly name: string;
  /** Title of its row in the table. */
  readonly title: string;
  readonly document: Imitation;
}

type Rule = Imitation['spec']['check']['rules'][number];

/** The variant that is the document itself. */
export const ALL_RULES = 'all-rules';

/** All variants. The first has no rule and all teachers: the others are compared with it. */
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

/** The student is taught the classes that Dawid–Skene finds behind the votes. */
function byConsensus(document: Imitation): Imitation {
  const teach = 'dawid-skene';
  const own = withRun(document, (run) => ({ ...run, teacherHealth: { accept: [teach] } }));
  const { train } = own.spec;
  return train === undefined ? own : { ...own, spec: { ...own.spec, train: { ...train, teach } } };
}

/** With one teacher, and no rule that drops its answers. */
export function alone(document: Imitation, teacher: string): Imitation {
  const { spec } = withTeachers(document, (own) => own === teacher);
  return { ...document, spec: { ...spec, check: { ...spec.check, rules: [] } } };
}

/** With some of the teachers. The run accepts these even if its probe shows little of them, and may name no others. */
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

/** With explanations as a modality, and without rules: rules about explanations keep few texts. */
export function withExplanations(document: Imitation): Imitation {
  const { train, check } = document.spec;
  if (train === undefined) return document;
  const own = { ...train, explanations: 'modality' as const };
  return { ...document, spec: { ...document.spec, check: { ...check, rules: [] }, train: own } };
}
