// A run with the teachers anna and bert; how the workers stand to each is written out in every story.
import { checkRunSpecification } from '@lyceum/learning/specification';
import { LyceumError } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import type { TeacherChance } from '../../src/placement/hopeless-teacher.js';
import {
  awaitsKnowledge,
  keepFirstAnswers,
  pauseWithoutTeachers,
  type TeacherFacts,
  unloadable,
  unstoredReasons,
  waitingReasons,
} from '../../src/reconciliation/run-health.js';
import { hasEnded, RUN_STATES } from '../../src/schedule/run-state.js';
import { aHeldRun, aRun, pinned, SET } from './a-run.js';

const fine: TeacherChance = { workerId: 't1', isTold: true };
const failed: TeacherChance = {
  workerId: 't2',
  isTold: true,
  failure: { reason: 'no such file', permanent: true },
};
const tries: TeacherChance = {
  workerId: 't3',
  isTold: true,
  failure: { reason: 'still loading', permanent: false },
};
const otherwise: TeacherChance = { workerId: 't4', isTold: false };

/** What is known of each teacher; of one that is not named, that a worker has it and all is well. */
interface Known {
  readonly chances?: readonly TeacherChance[];
  readonly bars?: readonly (string | undefined)[];
  readonly refusal?: string;
  readonly isAwaited?: boolean;
  readonly trouble?: string;
  readonly isMeasured?: boolean;
}

function facts(known: { readonly anna?: Known; readonly bert?: Known } = {}): TeacherFacts {
  const of = (identity: string): Known =>
    (identity === 'id-of-anna' ? known.anna : known.bert) ?? {};
  return {
    chances: (teacher, dataset) => (dataset === SET && of(teacher).chances) || [fine],
    bars: (teacher) => of(teacher).bars ?? [undefined],
    refusal: (teacher, dataset) => (dataset === SET ? of(teacher).refusal : undefined),
    awaits: (_, teacher) => of(teacher).isAwaited ?? true,
    trouble: (_, teacher) => of(teacher).trouble,
    isMeasured: (_, teacher) => of(teacher).isMeasured ?? true,
  };
}

const knowledge = { rowCount: 8, labelledCount: 8, correctCount: 6 };
const bothKnown = { teacherKnowledge: { anna: knowledge, bert: knowledge } };

function withQuorum(count: number) {
  const specification = checkRunSpecification(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Distillation',
      metadata: { name: 'run' },
      spec: {
        dataset: 'digits',
        teachers: ['anna', 'bert'].map((name) => ({ name, model: name })),
        ensemble: { quorum: count, deadlineMs: 100 },
        student: { model: { architecture: 'mlp' } },
        training: { epochs: 4, batchSize: 100 },
      },
    },
    'test',
  );
  return { specification };
}

describe('a run is paused', () => {
  const lost = { bert: { chances: [failed] } };
  const why = 'teacher bert cannot be loaded (t2: no such file)';

  it('once nobody will ever answer with a teacher that it waits for', () => {
    expect(pauseWithoutTeachers(aHeldRun(bothKnown), facts(lost))).toEqual([
      { kind: 'pause', runId: 'run', reason: why },
    ]);
  });

  it('once a server will never answer about its set', () => {
    const refused = facts({ anna: { refusal: 'HTTP 400' } });
    expect(pauseWithoutTeachers(aHeldRun(bothKnown), refused)).toMatchObject([
      { reason: "teacher anna does not answer about this run's data set (HTTP 400)" },
    ]);
  });

  it('with the reasons of all its teachers', () => {
    const both = facts({ anna: { refusal: 'HTTP 400' }, bert: { chances: [failed] } });
    expect(pauseWithoutTeachers(aHeldRun(bothKnown), both)).toMatchObject([
      { reason: `teacher anna does not answer about this run's data set (HTTP 400); ${why}` },
    ]);
  });

  it('once, where both are asked about a set that nobody can read', () => {
    const unreadable = { reason: 'x.tar: gone', permanent: true, unreadable: true };
    const chances = [{ ...failed, failure: unreadable }];
    const both = facts({ anna: { chances }, bert: { chances } });
    expect(pauseWithoutTeachers(aHeldRun(bothKnown), both)).toMatchObject([
      { reason: 'the data set cannot be read (t2: x.tar: gone)' },
    ]);
  });

  it('only while it has a student worker, or is being evaluated', () => {
    const unmeasured = facts({ bert: { chances: [failed], isMeasured: false } });
    const states = RUN_STATES.filter(
      (state) => pauseWithoutTeachers(aHeldRun({ ...bothKnown, state }), unmeasured).length > 0,
    );
    expect(states).toEqual(['PREPARING', 'FITTING', 'TRAINING', 'EVALUATING']);
  });

  it('not while waiting may help', () => {
    const hopeful = facts({ bert: { chances: [failed, tries] } });
    expect(pauseWithoutTeachers(aHeldRun(bothKnown), hopeful)).toEqual([]);
  });

  it('not for a teacher whose answers are all there', () => {
    const done = facts({ bert: { chances: [failed], isAwaited: false } });
    expect(pauseWithoutTeachers(aHeldRun(bothKnown), done)).toEqual([]);
    const evaluated = aHeldRun({ ...bothKnown, state: 'EVALUATING' });
    expect(pauseWithoutTeachers(evaluated, done)).toEqual([]);
    const unmeasured = facts({ bert: { ...lost.bert, isAwaited: false, isMeasured: false } });
    expect(pauseWithoutTeachers(evaluated, unmeasured)).toHaveLength(1);
  });

  it('for a teacher of which it must know first whether it knows more than chance', () => {
    const asked = facts({ bert: { chances: [failed], isAwaited: false } });
    const knowsAnna = aHeldRun({ teacherKnowledge: { anna: knowledge } });
    expect(pauseWithoutTeachers(knowsAnna, asked)).toHaveLength(1);
  });

  it('in training not while a quorum is left; a fit and an evaluation need all', () => {
    const one = { ...bothKnown, ...withQuorum(1) };
    expect(pauseWithoutTeachers(aHeldRun(one), facts(lost))).toEqual([]);
    expect(pauseWithoutTeachers(aHeldRun({ ...one, state: 'FITTING' }), facts(lost))).toHaveLength(
      1,
    );
    const none = facts({ anna: { chances: [failed] }, bert: { chances: [failed] } });
    expect(pauseWithoutTeachers(aHeldRun(one), none)).toHaveLength(1);
  });
});

describe('why a run waits', () => {
  const nothing = () => undefined;
  const reasonOf = (
    run = aHeldRun(bothKnown),
    known = facts(),
    waits: () => string | undefined = nothing,
  ) => waitingReasons([run], new Map(), waits, known).get('run');

  it('is not said of one that does not', () => {
    expect(reasonOf()).toBeUndefined();
  });

  it('is its place before all else', () => {
    const placed = new Map([['run', 'no student worker is free']]);
    const bad = facts({ anna: { chances: [failed] } });
    expect(waitingReasons([aRun()], placed, nothing, bad)).toEqual(placed);
  });

  it('is a teacher that no worker could load, even if they try again', () => {
    const bad = facts({ anna: { chances: [tries, failed, otherwise], bars: ['t3 is bad'] } });
    expect(reasonOf(undefined, bad)).toBe('teacher anna cannot be loaded (t3: still loading)');
    expect(reasonOf(undefined, facts({ anna: { chances: [tries, fine] } }))).toBeUndefined();
    expect(reasonOf(undefined, facts({ anna: { chances: [otherwise] } }))).toBeUndefined();
  });

  it('is a teacher whose workers hand back what they are asked', () => {
    const trouble = 's3://sets/a.tar: no answer within 30 s';
    expect(reasonOf(undefined, facts({ bert: { trouble } }))).toBe(
      `teacher bert cannot answer at the moment (${trouble})`,
    );
  });

  it('is a teacher with which no worker may answer', () => {
    const barred = facts({ bert: { bars: ['t1 is quarantined', 't2 is quarantined'] } });
    const text = 'teacher bert has no healthy worker (t1 is quarantined)';
    expect(reasonOf(undefined, barred, () => 'its fit')).toBe(text);
    expect(reasonOf(undefined, facts({ bert: { bars: ['bad', undefined] } }))).toBeUndefined();
    expect(reasonOf(undefined, facts({ bert: { bars: [] } }))).toBeUndefined();
  });

  it('is what its fit or evaluation says, then what must be known of its teachers', () => {
    const unknown = aHeldRun({ teacherKnowledge: { anna: knowledge } });
    expect(reasonOf(unknown, facts(), () => 'waiting for the baseline')).toBe(
      'waiting for the baseline',
    );
    const text = 'waiting to know whether bert knows more than chance';
    expect(reasonOf(unknown)).toBe(text);
    expect(reasonOf(aHeldRun())).toBe('waiting to know whether anna, bert know more than chance');
    expect(reasonOf({ ...unknown, state: 'QUEUED' })).toBeUndefined();
  });

  it('is not said of runs that rest or have ended', () => {
    const bad = facts({ anna: { chances: [failed] } });
    const silent = RUN_STATES.filter((state) => reasonOf(aHeldRun({ state }), bad) === undefined);
    expect(silent).toEqual(['PAUSED', 'SUCCEEDED', 'FAILED', 'CANCELLED']);
  });

  it('is NATS for all while nothing can be stored, but not where another coordinator stores', () => {
    const runs = RUN_STATES.map((state) => ({ ...aHeldRun({ state }), runId: state }));
    const away = unstoredReasons(runs, new LyceumError('UNAVAILABLE', 'no answer'));
    expect([...(away?.keys() ?? [])]).toEqual(
      RUN_STATES.filter((state) => state !== 'PAUSED' && !hasEnded(state)),
    );
    const text = 'NATS stores nothing at the moment (no answer); the run goes on once it does';
    expect(new Set(away?.values())).toEqual(new Set([text]));
    expect(unstoredReasons(runs, new LyceumError('ABORTED', 'another leads'))).toBeUndefined();
  });

  it('is said in the same words to others who need teachers', () => {
    const user = { teachers: aRun().teachers, dataset: { digest: SET } };
    expect(unloadable(user, facts({ bert: { chances: [failed] } }))).toBe(
      'teacher bert cannot be loaded (t2: no such file)',
    );
    expect(unloadable(user, facts())).toBeUndefined();
  });
});

it('a run may begin once enough teachers are known that it would refuse otherwise', () => {
  expect(awaitsKnowledge(aRun())).toBe(true);
  expect(awaitsKnowledge(aRun({ teacherKnowledge: { anna: knowledge } }))).toBe(true);
  expect(awaitsKnowledge(aRun(bothKnown))).toBe(false);
  const quorum = withQuorum(1);
  expect(awaitsKnowledge(aRun(quorum))).toBe(true);
  expect(awaitsKnowledge(aRun({ ...quorum, teacherKnowledge: { anna: knowledge } }))).toBe(false);
});

it('a teacher called as something that all objects have is as unknown as any other', () => {
  const run = aHeldRun({ teachers: [pinned('constructor')] });
  expect(awaitsKnowledge(run)).toBe(true);
  const [first] = keepFirstAnswers(run, () => ({
    ...{ probe: 'constructor', digest: 'first', classNames: ['cat'] },
    knowledge: () => knowledge,
  }));
  expect(first).toMatchObject({ kind: 'keep-knowledge', teacher: 'constructor' });
});

describe('first answers of teachers', () => {
  const answers = new Map(
    ['anna', 'bert'].map((name) => [
      `id-of-${name}`,
      {
        probe: `probe-of-${name}`,
        digest: `digest-of-${name}`,
        knowledge: () => knowledge,
        classNames: ['cat', 'dog'],
      },
    ]),
  );
  const keep = (run: ReturnType<typeof aRun>) =>
    keepFirstAnswers(run, (teacher) => answers.get(teacher));
  const kept = (teacher: string) => ({
    kind: 'keep-knowledge',
    runId: 'run',
    teacher,
    knowledge,
    classNames: ['cat', 'dog'],
  });

  it('are kept: what each knows, then the digests of all', () => {
    const digests = { 'probe-of-anna': 'digest-of-anna', 'probe-of-bert': 'digest-of-bert' };
    expect(keep(aHeldRun())).toEqual([
      kept('anna'),
      kept('bert'),
      { kind: 'keep-probes', runId: 'run', digests },
    ]);
  });

  it('are kept as they come', () => {
    const annas = answers.get('id-of-anna');
    const only = (teacher: string) => (teacher === 'id-of-anna' ? annas : undefined);
    expect(keepFirstAnswers(aHeldRun(), only)).toEqual([
      kept('anna'),
      { kind: 'keep-probes', runId: 'run', digests: { 'probe-of-anna': 'digest-of-anna' } },
    ]);
  });

  it('stay as they were kept first', () => {
    const probeDigests = { 'probe-of-anna': 'another' };
    expect(keep(aHeldRun({ probeDigests, teacherKnowledge: { anna: knowledge } }))).toEqual([
      kept('bert'),
      { kind: 'keep-probes', runId: 'run', digests: { 'probe-of-bert': 'digest-of-bert' } },
    ]);
    const all = { 'probe-of-anna': 'another', 'probe-of-bert': 'another' };
    expect(keep(aHeldRun({ ...bothKnown, probeDigests: all }))).toEqual([]);
  });

  it('are kept of runs in progress alone', () => {
    expect(RUN_STATES.filter((state) => keep(aHeldRun({ state })).length > 0)).toEqual([
      'PREPARING',
      'FITTING',
      'TRAINING',
    ]);
  });
});
