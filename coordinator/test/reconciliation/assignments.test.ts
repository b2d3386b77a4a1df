// Teachers and sessions are given as values.
import { digestBytes, digestHex, Ticket, ticketConsumer } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import {
  heldRuns,
  studentAssignment,
  teacherAssignment,
  teachersInTurn,
  wantedTeachers,
} from '../../src/reconciliation/assignments.js';
import type { PinnedTeacher } from '../../src/runs/record/pinned-teacher.js';
import { RUN_STATES } from '../../src/schedule/run-state.js';
import { aHeldRun, KEY_DIGEST, pinned, SET } from './a-run.js';

const digest = (byte: string) => byte.repeat(32);

function teacher(name: string, identity: string, access: PinnedTeacher['access']): PinnedTeacher {
  return {
    name,
    identity,
    modelDigest: digest('aa'),
    settingsJson: '{}',
    engine: 'tfjs',
    access,
  } as PinnedTeacher;
}

describe('wantedTeachers', () => {
  it('has each teacher once, with all its names and data sets', () => {
    const wide = digest('01');
    const lenet = digest('02');
    const digits = { digest: digest('d1') };
    const fashion = { digest: digest('d2'), path: '/mnt/fashion.npz' };
    const wanted = wantedTeachers([
      {
        dataset: digits,
        teachers: [teacher('wide', wide, 'white'), teacher('lenet', lenet, 'white')],
      },
      { dataset: fashion, teachers: [teacher('broad', wide, 'white')] },
      { dataset: digits, teachers: [teacher('wide', wide, 'white')] },
    ]);
    expect([...wanted.keys()]).toEqual([wide, lenet]);
    const told = wanted.get(wide);
    expect(told?.names).toEqual(['wide', 'broad']);
    expect(told?.datasets.map((set) => [digestHex(set.digest), set.path])).toEqual([
      [digits.digest, ''],
      [fashion.digest, fashion.path],
    ]);
  });

  it('gives white access to a teacher and a data set if any run has it', () => {
    const one = digest('01');
    const dataset = { digest: digest('d1') };
    const accessOf = (...order: PinnedTeacher['access'][]) =>
      wantedTeachers(order.map((access) => ({ dataset, teachers: [teacher('t', one, access)] })))
        .get(one)
        ?.sets.map(({ access }) => access);
    expect(accessOf('black', 'black')).toEqual(['black']);
    expect(accessOf('black', 'white')).toEqual(['white']);
    expect(accessOf('white', 'black')).toEqual(['white']);
  });
});

describe('the assignment of a teacher worker', () => {
  const teachers = [
    { ...pinned('anna'), identity: digest('01') },
    { ...pinned('bert'), identity: digest('02') },
    { ...pinned('carl'), identity: digest('03') },
  ];
  const wanted = wantedTeachers([{ teachers, dataset: { digest: SET } }]);
  const probe = { ...Ticket.fromPartial({}), anewAttempt: 0 };
  const serves = { probes: [], serves: true };

  it('begins with another teacher than the assignment of the worker before', () => {
    const turns = [0, 1, 2, 3].map((index) => teachersInTurn(['a', 'b', 'c'], index).join(''));
    expect(turns).toEqual(['abc', 'bca', 'cab', 'abc']);
    expect(teachersInTurn([], 5)).toEqual([]);
  });

  it('has all facts of each teacher, in the given order', () => {
    const order = { probes: [probe], serves: true };
    const { teachers: told, ticketStream } = teacherAssignment(
      [digest('02'), digest('01')],
      wanted,
      new Map([
        [digest('01'), serves],
        [digest('02'), order],
      ]),
    );
    expect(ticketStream).toBe('LYCEUM_TICKETS');
    expect(told.map(({ names }) => names)).toEqual([['bert'], ['anna']]);
    expect(told[0]).toEqual({
      teacherIdentity: digestBytes(digest('02')),
      modelDigest: digestBytes('aa'.repeat(32)),
      settingsJson: '{}',
      engine: 'tfjs',
      names: ['bert'],
      ticketConsumer: ticketConsumer(digest('02')),
      datasets: [{ digest: digestBytes(SET), path: '' }],
      probes: [probe],
      ticketsInHand: 1,
    });
  });

  it('allows two tickets for a single teacher, one each for several, none for one that may not serve', () => {
    const inHand = (identities: string[], order = serves) => {
      const orders = new Map(identities.map((identity) => [identity, order]));
      return teacherAssignment(identities, wanted, orders).teachers.map((t) => t.ticketsInHand);
    };
    expect(inHand([digest('01')])).toEqual([2]);
    expect(inHand([digest('01'), digest('02'), digest('03')])).toEqual([1, 1, 1]);
    expect(inHand([digest('01')], { probes: [], serves: false })).toEqual([0]);
  });

  it('leaves out a teacher that is not wanted', () => {
    const identities = [digest('01'), digest('09')];
    const orders = new Map(identities.map((identity) => [identity, serves]));
    const { teachers: told } = teacherAssignment(identities, wanted, orders);
    expect(told.map(({ names }) => names)).toEqual([['anna']]);
  });
});

describe('the assignment of a student worker', () => {
  const session = { workerId: 's1', sessionKeyDigest: KEY_DIGEST };

  it('goes to the session with the key of the assignment', () => {
    const run = aHeldRun();
    const others = [session, { workerId: 's2', sessionKeyDigest: KEY_DIGEST }];
    expect([...heldRuns([run], others)]).toEqual([['s1', run]]);
    expect(heldRuns([run], [{ ...session, sessionKeyDigest: '22'.repeat(32) }]).size).toBe(0);
  });

  it('has the span length, and the block length for chunks order', () => {
    const held = aHeldRun({ teachers: [] });
    const { run } = studentAssignment(held);
    expect(run).toMatchObject({ spanPositions: 1_000, blockPositions: undefined });
    const told = (kind: 'full' | 'chunks') =>
      studentAssignment({ ...held, sampleOrder: { kind, reason: 'small', spanPositions: 300 } })
        .run;
    expect(told('chunks')).toMatchObject({ spanPositions: 300, blockPositions: 300 });
    expect(told('full')).toMatchObject({ spanPositions: 300, blockPositions: undefined });
    expect(told('chunks')?.windowSteps).toBe(4 * 3);
  });

  it('has a run only in PREPARING, FITTING and TRAINING', () => {
    const states = RUN_STATES.filter(
      (state) => heldRuns([aHeldRun({ state })], [session]).size > 0,
    );
    expect(states).toEqual(['PREPARING', 'FITTING', 'TRAINING']);
  });

  it('has what training needs, and the assignment epoch', () => {
    const digest = 'ee'.repeat(32);
    const teachers = [{ ...pinned('anna'), identity: '01'.repeat(32) }];
    const { run } = studentAssignment(
      aHeldRun({ teachers, studentModelDigest: digest, attempt: 3 }),
    );
    expect(run).toMatchObject({
      runId: 'run',
      attempt: 3,
      assignmentEpoch: 7,
      dataset: { digest: digestBytes(SET), path: '' },
      studentModelDigest: digestBytes(digest),
      teacherIdentities: [digestBytes('01'.repeat(32))],
      acceptedNumerics: [],
    });
    expect(run?.targetTensors.length).toBeGreaterThan(0);
    expect(run?.windowSteps).toBeGreaterThan(0);
  });
});
