/**
 * The runs of an imitation's last stage: their teachers and their students. Pure.
 *
 * A teacher with one answer an input votes. A teacher with several has frequencies: its recorded answers are their
 * logarithms, with which `term: kd` at temperature 1 compares. Rules of final answers alone get the votes of all
 * teachers.
 *
 * Explanations, which the student will not have, teach by generalised distillation (Lopez-Paz et al. 2016,
 * https://arxiv.org/abs/1511.03643): a teacher learns from the same black boxes on input and explanation, and the
 * student of the input alone learns with weight λ from that teacher at a temperature, with 1 − λ from the black boxes.
 */
import { isMapping } from '../documents/index.js';
import { ruleNamed } from '../ensemble/rules/index.js';

/** The teacher of the classes behind the votes. */
export const CONSENSUS = 'dawid-skene';
/** Name of the modality of input and explanation together, and of the teacher that was trained on it. */
export const EXPLAINED = 'explained';
/** Name of the modality of the input alone. */
export const INPUT = 'input';

/** The parts of an imitation that its runs are made of. */
export interface TaughtImitation {
  readonly apiVersion: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly teachers: readonly {
      readonly name: string;
      readonly ask: { readonly answers: number };
    }[];
    readonly train?:
      | {
          readonly teach: 'votes' | typeof CONSENSUS;
          readonly explanations?: 'modality' | undefined;
          readonly explained?:
            | { readonly weight: number; readonly temperature: number }
            | undefined;
          readonly run: Readonly<Record<string, unknown>>;
        }
      | undefined;
  };
}

/** A black box, or the consensus of all, as a model of recorded answers. */
export interface ImitationModel {
  readonly name: string;
  /** Name under which the model is pushed. */
  readonly model: string;
  /** Whether its answers are probabilities; else each is a class. */
  readonly isSoft: boolean;
}

/** `student` is the run's result. `explained` and `plain` exist only where it learns from explanations too. */
type ImitationRole = 'student' | 'explained' | 'plain';

export interface PlannedRun {
  readonly runId: string;
  readonly document: unknown;
}

/** Runs of one seed. Without explanations there is only the student. */
export interface SeedRuns {
  readonly seed: number;
  readonly student: PlannedRun;
  readonly teacher?: { readonly explained: PlannedRun; readonly plain: PlannedRun };
}

export interface RunsWanted {
  /** Id of the first student's run, with which the ids of the others begin. */
  readonly runId: string;
  readonly seedCount: number;
  /** Digest of the answers that were kept: a different digest makes different runs. */
  readonly kept?: string;
}

export function imitationModels({ metadata, spec }: TaughtImitation): ImitationModel[] {
  const { teach = 'votes' } = spec.train ?? {};
  const named = (name: string, isSoft: boolean) => ({
    name,
    model: `${metadata.name}.${name}`,
    isSoft,
  });
  if (teach === CONSENSUS) return [named(CONSENSUS, true)];
  const isOfVotes = combineRule(spec.train?.run)?.ofVotes === true;
  return spec.teachers.map(({ name, ask }) => named(name, ask.answers > 1 && !isOfVotes));
}

export function imitationRuns(imitation: TaughtImitation, wanted: RunsWanted): SeedRuns[] {
  const { train } = imitation.spec;
  const { training } = train?.run ?? {};
  const written = isMapping(training) ? training['seed'] : undefined;
  const firstSeed = typeof written === 'number' ? written : 1;
  return Array.from({ length: wanted.seedCount }, (_, k) => {
    const seed = firstSeed + k;
    const idOf = (role: ImitationRole) =>
      [wanted.runId, ...(role === 'student' ? [] : [role]), ...(k === 0 ? [] : [k + 1])].join('-');
    const planned = (role: ImitationRole): PlannedRun => ({
      runId: idOf(role),
      document: runOf(imitation, role, {
        explained: `run:${idOf('explained')}`,
        ...(k > 0 && { seed }),
        ...(wanted.kept !== undefined && { kept: wanted.kept }),
      }),
    });
    const student = planned('student');
    if (train?.explanations === undefined) return { seed, student };
    return { seed, student, teacher: { explained: planned('explained'), plain: planned('plain') } };
  });
}

interface RunParts {
  /** Name of the model that was trained on explanations. */
  readonly explained: string;
  /** Absent: the seed that the document writes. */
  readonly seed?: number;
  readonly kept?: string;
}

function runOf(imitation: TaughtImitation, role: ImitationRole, parts: RunParts): unknown {
  const { apiVersion, metadata, spec } = imitation;
  const { run = {}, explanations } = spec.train ?? {};
  const { training } = run;
  const isTaught = explanations !== undefined && role === 'student';
  const { teachers, objective } = isTaught
    ? withExplained(imitation, parts.explained)
    : blackBoxes(imitation);
  return {
    apiVersion,
    kind: 'Distillation',
    metadata: { ...metadata, ...(parts.kept !== undefined && { labels: { kept: parts.kept } }) },
    spec: {
      objective,
      ...run,
      ...(explanations !== undefined && {
        student: studentOf(run['student'], role),
        teacherHealth: healthOf(run['teacherHealth'], teachers, imitation),
      }),
      ...(parts.seed !== undefined && {
        training: { ...(isMapping(training) ? training : {}), seed: parts.seed },
      }),
      dataset: metadata.name,
      teachers,
    },
  };
}

interface Teaching {
  readonly teachers: readonly { readonly name: string; readonly model: string }[];
  readonly objective: readonly Term[];
}

function blackBoxes(imitation: TaughtImitation): Teaching {
  const models = imitationModels(imitation);
  const teachers = models.map(({ name, model, isSoft }) => ({
    name,
    model,
    access: isSoft ? 'gray' : 'black',
  }));
  return { teachers, objective: objectiveOf(imitation, models) };
}

/** @param model - name of the model that was trained on explanations. */
function withExplained(imitation: TaughtImitation, model: string): Teaching {
  const { weight, temperature } = imitation.spec.train?.explained ?? EXPLAINED_DEFAULTS;
  const { teachers, objective } = blackBoxes(imitation);
  const learnt = { term: 'kd', weight, temperature, teachers: [EXPLAINED] } as const;
  const teacher = { name: EXPLAINED, model };
  if (weight === 1) return { teachers: [teacher], objective: [learnt] };
  const names = teachers.map(({ name }) => name);
  const others = objective.map((term) => ({
    ...term,
    weight: (term.weight ?? 1) * (1 - weight),
    teachers: term.teachers ?? names,
  }));
  return { teachers: [...teachers, teacher], objective: [...others, learnt] };
}

/** `teacherHealth` for one run: of the teachers that the document accepts, those of the run. */
function healthOf(
  written: unknown,
  teachers: Teaching['teachers'],
  imitation: TaughtImitation,
): unknown {
  if (!isMapping(written) || !Array.isArray(written['accept'])) return written;
  const others = [...imitationModels(imitation).map(({ name }) => name), EXPLAINED].filter(
    (name) => !teachers.some((own) => own.name === name),
  );
  return { ...written, accept: written['accept'].filter((name) => !others.includes(name)) };
}

export const EXPLAINED_DEFAULTS = { weight: 0.5, temperature: 2 };

interface Term {
  readonly term: 'vote' | 'kd';
  readonly weight?: number;
  readonly temperature?: number;
  readonly teachers?: readonly string[];
}

/** Each teacher has an equal part, be it by its vote or by its frequencies. */
function objectiveOf(
  { spec }: TaughtImitation,
  models: readonly ImitationModel[],
): readonly Term[] {
  const { teach = 'votes', run } = spec.train ?? {};
  const kd = { term: 'kd', temperature: 1 } as const;
  if (teach === CONSENSUS || combineRule(run)?.ofVotes === true) return [kd];
  const soft = models.filter(({ isSoft }) => isSoft).map(({ name }) => name);
  const votes = models.filter(({ isSoft }) => !isSoft).map(({ name }) => name);
  if (soft.length === 0) return [{ term: 'vote' }];
  if (votes.length === 0) return [{ ...kd, weight: 1 }];
  const part = (own: readonly string[]) => ({ weight: own.length / models.length, teachers: own });
  return [
    { ...kd, ...part(soft) },
    { term: 'vote', ...part(votes) },
  ];
}

/** Only the student itself keeps `baseline` and `references`. */
function studentOf(written: unknown, role: ImitationRole): unknown {
  if (!isMapping(written)) return written;
  const { baseline, references, ...student } = written;
  return {
    ...student,
    ...(role === 'student' && {
      ...(baseline !== undefined && { baseline }),
      ...(references !== undefined && { references }),
    }),
    modality: role === 'explained' ? EXPLAINED : INPUT,
  };
}

/** The rule that a run names; undefined: it names none, or none that exists. */
export function combineRule(run: Readonly<Record<string, unknown>> | undefined) {
  const ensemble = run?.['ensemble'];
  return isMapping(ensemble) ? ruleNamed(ensemble['combine']) : undefined;
}
