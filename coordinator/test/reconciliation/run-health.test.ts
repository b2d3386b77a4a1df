// A run with the teachers anna and bert; each test gives the facts of both.
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

/** Facts of a teacher. A teacher without facts is loaded by a worker, and all is well. */
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

describe('pauseWithoutTeachers pauses a run', () => {
  const lost = { bert: { chances: [failed] } };
  const why = 'teacher bert cannot be loaded (t2: no such file)';

  it('once no worker can load a teacher that it waits for', () => {
    expect(pauseWithoutTeachers(aHeldRun(bothKnown), facts(lost))).toEqual([
      { kind: 'pause', runId: 'run', reason: why },
    ]);
  });

  it('once a server refuses its data set', () => {
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

  it('with one reason if neither teacher can read the data set', () => {
    const unreadable = { reason: 'x.tar: gone', permanent: true, unreadable: true };
    const chances = [{ ...failed, failure: unreadable }];
    const both = facts({ anna: { chances }, bert: { chances } });
    expect(pauseWithoutTeachers(aHeldRun(bothKnown), both)).toMatchObject([
      { reason: 'the data set cannot be read (t2: x.tar: gone)' },
    ]);
  });

  it('only in PREPARING, FITTING, TRAINING and EVALUATING', () => {
    const unmeasured = facts({ bert: { chances: [failed], isMeasured: false } });
    const states = RUN_STATES.filter(
      (state) => pauseWithoutTeachers(aHeldRun({ ...bothKnown, state }), unmeasured).length > 0,
    );
    expect(states).toEqual(['PREPARING', 'FITTING', 'TRAINING', 'EVALUATING']);
  });

  it('not while a worker may load the teacher later', () => {
    const hopeful = facts({ bert: { chances: [failed, tries] } });
    expect(pauseWithoutTeachers(aHeldRun(bothKnown), hopeful)).toEqual([]);
  });

  it('not for a teacher whose answers are all stored, unless an evaluation must measure it', () => {
    const done = facts({ bert: { chances: [failed], isAwaited: false } });
    expect(pauseWithoutTeachers(aHeldRun(bothKnown), done)).toEqual([]);
    const evaluated = aHeldRun({ ...bothKnown, state: 'EVALUATING' });
    expect(pauseWithoutTeachers(evaluated, done)).toEqual([]);
    const unmeasured = facts({ bert: { ...lost.bert, isAwaited: false, isMeasured: false } });
    expect(pauseWithoutTeachers(evaluated, unmeasured)).toHaveLength(1);
  });

  it('for a teacher whose probe has not been judged yet', () => {
    const asked = facts({ bert: { chances: [failed], isAwaited: false } });
    const knowsAnna = aHeldRun({ teacherKnowledge: { anna: knowledge } });
    expect(pauseWithoutTeachers(knowsAnna, asked)).toHaveLength(1);
  });

  it('in TRAINING not while a quorum is left, but in FITTING', () => {
    const one = { ...bothKnown, ...withQuorum(1) };
    expect(pauseWithoutTeachers(aHeldRun(one), facts(lost))).toEqual([]);
    expect(pauseWithoutTeachers(aHeldRun({ ...one, state: 'FITTING' }), facts(lost))).toHaveLength(
      1,
    );
    const none = facts({ anna: { chances: [failed] }, bert: { chances: [failed] } });
    expect(pauseWithoutTeachers(aHeldRun(one), none)).toHaveLength(1);
  });
});

describe('the reason why a run waits', () => {
  const nothing = () => undefined;
  const reasonOf = (
    run = aHeldRun(bothKnown),
    known = facts(),
    waits: () => string | undefined = nothing,
  ) => waitingReasons([run], new Map(), waits, known).get('run');

  it('is undefined if it does not wait', () => {
    expect(reasonOf()).toBeUndefined();
  });

  it('is first the reason of the placement', () => {
    const placed = new Map([['run', 'no student worker is free']]);
    const bad = facts({ anna: { chances: [failed] } });
    expect(waitingReasons([aRun()], placed, nothing, bad)).toEqual(placed);
  });

  it('is a teacher that no worker has loaded, even if workers try again', () => {
    const bad = facts({ anna: { chances: [tries, failed, otherwise], bars: ['t3 is bad'] } });
    expect(reasonOf(undefined, bad)).toBe('teacher anna cannot be loaded (t3: still loading)');
    expect(reasonOf(undefined, facts({ anna: { chances: [tries, fine] } }))).toBeUndefined();
    expect(reasonOf(undefined, facts({ anna: { chances: [otherwise] } }))).toBeUndefined();
  });

  it('is the trouble of a teacher that cannot answer at the moment', () => {
    const trouble = 's3://sets/a.tar: no answer within 30 s';
    expect(reasonOf(undefined, facts({ bert: { trouble } }))).toBe(
      `teacher bert cannot answer at the moment (${trouble})`,
    );
  });

  it('is a teacher without a healthy worker', () => {
    const barred = facts({ bert: { bars: ['t1 is quarantined', 't2 is quarantined'] } });
    const text = 'teacher bert has no healthy worker (t1 is quarantined)';
    expect(reasonOf(undefined, barred, () => 'its fit')).toBe(text);
    expect(reasonOf(undefined, facts({ bert: { bars: ['bad', undefined] } }))).toBeUndefined();
    expect(reasonOf(undefined, facts({ bert: { bars: [] } }))).toBeUndefined();
  });

  it('is the reason of its fit or evaluation, then the teachers that have not been judged', () => {
    const unknown = aHeldRun({ teacherKnowledge: { anna: knowledge } });
    expect(reasonOf(unknown, facts(), () => 'waiting for the baseline')).toBe(
      'waiting for the baseline',
    );
    const text = 'waiting to know whether bert knows more than chance';
    expect(reasonOf(unknown)).toBe(text);
    expect(reasonOf(aHeldRun())).toBe('waiting to know whether anna, bert know more than chance');
    expect(reasonOf({ ...unknown, state: 'QUEUED' })).toBeUndefined();
  });

  it('is undefined for paused and ended runs', () => {
    const bad = facts({ anna: { chances: [failed] } });
    const silent = RUN_STATES.filter((state) => reasonOf(aHeldRun({ state }), bad) === undefined);
    expect(silent).toEqual(['PAUSED', 'SUCCEEDED', 'FAILED', 'CANCELLED']);
  });

  it('is NATS for all waiting runs while it stores nothing, unless another coordinator leads', () => {
    const runs = RUN_STATES.map((state) => ({ ...aHeldRun({ state }), runId: state }));
    const away = unstoredReasons(runs, new LyceumError('UNAVAILABLE', 'no answer'));
    expect([...(away?.keys() ?? [])]).toEqual(
      RUN_STATES.filter((state) => state !== 'PAUSED' && !hasEnded(state)),
    );
    const text = 'NATS stores nothing at the moment (no answer); the run goes on once it does';
    expect(new Set(away?.values())).toEqual(new Set([text]));
    expect(unstoredReasons(runs, new LyceumError('ABORTED', 'another leads'))).toBeUndefined();
  });

  it('has the same words for other users of teachers', () => {
    const user = { teachers: aRun().teachers, dataset: { digest: SET } };
    expect(unloadable(user, facts({ bert: { chances: [failed] } }))).toBe(
      'teacher bert cannot be loaded (t2: no such file)',
    );
    expect(unloadable(user, facts())).toBeUndefined();
  });
});

it('awaitsKnowledge is true until all teachers, or a quorum of them, are judged', () => {
  expect(awaitsKnowledge(aRun())).toBe(true);
  expect(awaitsKnowledge(aRun({ teacherKnowledge: { anna: knowledge } }))).toBe(true);
  expect(awaitsKnowledge(aRun(bothKnown))).toBe(false);
  const quorum = withQuorum(1);
  expect(awaitsKnowledge(aRun(quorum))).toBe(true);
  expect(awaitsKnowledge(aRun({ ...quorum, teacherKnowledge: { anna: knowledge } }))).toBe(false);
});

it("awaitsKnowledge and keepFirstAnswers treat a teacher named 'constructor' like any other", () => {
  const run = aHeldRun({ teachers: [pinned('constructor')] });
  expect(awaitsKnowledge(run)).toBe(true);
  const [first] = keepFirstAnswers(run, () => ({
    ...{ probe: 'constructor', digest: 'first', classNames: ['cat'] },
    knowledge: () => knowledge,
  }));
  expect(first).toMatchObject({ kind: 'keep-knowledge', teacher: 'constructor' });
});

describe('keepFirstAnswers', () => {
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

  it('keeps the knowledge of each teacher, then the probe digests of all', () => {
    const digests = { 'probe-of-anna': 'digest-of-anna', 'probe-of-bert': 'digest-of-bert' };
    expect(keep(aHeldRun())).toEqual([
      kept('anna'),
      kept('bert'),
      { kind: 'keep-probes', runId: 'run', digests },
    ]);
  });

  it('keeps the answer of one teacher before the other has answered', () => {
    const annas = answers.get('id-of-anna');
    const only = (teacher: string) => (teacher === 'id-of-anna' ? annas : undefined);
    expect(keepFirstAnswers(aHeldRun(), only)).toEqual([
      kept('anna'),
      { kind: 'keep-probes', runId: 'run', digests: { 'probe-of-anna': 'digest-of-anna' } },
    ]);
  });

  it('does not replace kept answers', () => {
    const probeDigests = { 'probe-of-anna': 'another' };
    expect(keep(aHeldRun({ probeDigests, teacherKnowledge: { anna: knowledge } }))).toEqual([
      kept('bert'),
      { kind: 'keep-probes', runId: 'run', digests: { 'probe-of-bert': 'digest-of-bert' } },
    ]);
    const all = { 'probe-of-anna': 'another', 'probe-of-bert': 'another' };
    expect(keep(aHeldRun({ ...bothKnown, probeDigests: all }))).toEqual([]);
  });

  it('keeps answers only for PREPARING, FITTING and TRAINING', () => {
    expect(RUN_STATES.filter((state) => keep(aHeldRun({ state })).length > 0)).toEqual([
      'PREPARING',
      'FITTING',
      'TRAINING',
    ]);
  });
});
