/**
 * The runs that show a teacher's worth to a student: the run's specification again, with all teachers and without one,
 * each with the same seeds. Pure.
 *
 * A run's id is made of the original run, the teacher and the seed, so asking again finds the runs that exist. The
 * original run is the first of those with all teachers.
 */
import { checkRunSpecification } from '@lyceum/learning/specification';
import { LyceumError, NAME_MAX_LENGTH } from '@lyceum/proto';

export interface WorthRun {
  readonly runId: string;
  /** The specification to submit, JSON. */
  readonly text: string;
}

export interface WorthRuns {
  /** With all teachers, for every seed but the first, for which the original run stands. */
  readonly withAll: readonly WorthRun[];
  /** In ensemble order; for each teacher as many runs as there are seeds. */
  readonly without: readonly { readonly teacher: string; readonly runs: readonly WorthRun[] }[];
}

/** The label by which these runs are listed and cancelled. */
export const WORTH_LABEL = 'worth';

interface Document {
  readonly metadata: { readonly team?: string; readonly labels?: Record<string, string> };
  readonly spec: {
    readonly teachers: readonly { readonly name: string }[];
    readonly training: { readonly seed: number };
    readonly objective: readonly object[];
    readonly ensemble: Readonly<Record<string, unknown>>;
    readonly student: Readonly<Record<string, unknown>>;
    readonly teacherHealth?: { readonly accept?: readonly string[] };
  };
}

/**
 * @param specification - the original run's, normalised; it has at least two teachers.
 * @throws {LyceumError} INVALID_ARGUMENT if an id would be too long; InvalidDocumentError if the run cannot exist
 *   without one of the teachers.
 */
export function worthRuns(
  runId: string,
  specification: Readonly<Record<string, unknown>>,
  seedCount: number,
): WorthRuns {
  const document = specification as unknown as Document;
  const first = document.spec.training.seed;
  const seeds = Array.from({ length: seedCount }, (_, i) => first + i);
  return {
    withAll: seeds.slice(1).map((seed) => worthRun(runId, document, 'all', seed)),
    without: document.spec.teachers.map(({ name }) => ({
      teacher: name,
      runs: seeds.map((seed) =>
        worthRun(runId, withoutTeacher(document, name), `without-${name}`, seed),
      ),
    })),
  };
}

function worthRun(of: string, document: Document, which: string, seed: number): WorthRun {
  const runId = `${of}-${which}-seed${seed}`;
  if (runId.length > NAME_MAX_LENGTH) {
    const message = `the run id ${runId} would have ${runId.length} letters, and at most ${NAME_MAX_LENGTH} are allowed; submit the run again under a shorter --run-id`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const { team, labels = {} } = document.metadata;
  // The original run may belong to a sweep; the new runs do not.
  const { sweep: _, ...own } = labels;
  const { references: __, ...student } = document.spec.student;
  const made = {
    ...document,
    metadata: {
      name: runId,
      ...(team !== undefined && { team }),
      labels: { ...own, [WORTH_LABEL]: of },
    },
    spec: {
      ...document.spec,
      // Baselines are further rows of the original report, and not needed here.
      student: { ...student, baseline: 'none' },
      training: { ...document.spec.training, seed },
    },
  };
  checkRunSpecification(made, `run ${of} ${which === 'all' ? 'with another seed' : which}`);
  return { runId, text: JSON.stringify(made) };
}

function withoutTeacher({ spec, ...head }: Document, name: string): Document {
  const teachers = spec.teachers.filter((teacher) => teacher.name !== name);
  const { quorum, deadlineMs, maxDegradedShare, ...rule } = spec.ensemble;
  const isBelowAll = typeof quorum === 'number' && quorum < teachers.length;
  const { accept = [], ...health } = spec.teacherHealth ?? {};
  const accepted = accept.filter((own) => own !== name);
  return {
    ...head,
    spec: {
      ...spec,
      teachers,
      objective: spec.objective.flatMap((term) => termWithout(term, name)),
      ensemble: isBelowAll ? { ...rule, quorum, deadlineMs, maxDegradedShare } : rule,
      teacherHealth: { ...health, ...(accepted.length > 0 && { accept: accepted }) },
    },
  };
}

/** No term if the term is about that teacher alone. */
function termWithout(term: object, name: string): object[] {
  const { teachers, hintLayer } = term as {
    readonly teachers?: readonly string[];
    readonly hintLayer?: string | Readonly<Record<string, string>>;
  };
  const others = teachers?.filter((own) => own !== name);
  const layers =
    typeof hintLayer === 'object'
      ? Object.fromEntries(Object.entries(hintLayer).filter(([own]) => own !== name))
      : undefined;
  if (others?.length === 0 || (layers !== undefined && Object.keys(layers).length === 0)) return [];
  return [{ ...term, ...(others && { teachers: others }), ...(layers && { hintLayer: layers }) }];
}
