// Teachers and sessions written out; what each worker is told is compared whole.
import { digestBytes, Ticket, ticketConsumer } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import {
  heldRuns,
  studentState,
  teacherState,
  teachersInTurn,
} from '../../src/reconciliation/told-workers.js';
import { wantedTeachers } from '../../src/reconciliation/wanted-teachers.js';
import { RUN_STATES } from '../../src/schedule/run-state.js';
import { aHeldRun, KEY_DIGEST, pinned, SET } from './a-run.js';

describe('a teacher worker', () => {
  const id = (byte: string) => byte.repeat(32);
  const teachers = [
    { ...pinned('anna'), identity: id('01') },
    { ...pinned('bert'), identity: id('02') },
    { ...pinned('carl'), identity: id('03') },
  ];
  const wanted = wantedTeachers([{ teachers, dataset: { digest: SET } }]);
  const probe = { ...Ticket.fromPartial({}), anewAttempt: 0 };
  const serves = { probes: [], serves: true };

  it('begins with another teacher than the worker before', () => {
    const turns = [0, 1, 2, 3].map((index) => teachersInTurn(['a', 'b', 'c'], index).join(''));
    expect(turns).toEqual(['abc', 'bca', 'cab', 'abc']);
    expect(teachersInTurn([], 5)).toEqual([]);
  });

  it('is told all of each teacher, in its order', () => {
    const order = { probes: [probe], serves: true };
    const { teachers: told, ticketStream } = teacherState(
      [id('02'), id('01')],
      wanted,
      new Map([
        [id('01'), serves],
        [id('02'), order],
      ]),
    );
    expect(ticketStream).toBe('LYCEUM_TICKETS');
    expect(told.map(({ names }) => names)).toEqual([['bert'], ['anna']]);
    expect(told[0]).toEqual({
      teacherIdentity: digestBytes(id('02')),
      modelDigest: digestBytes('aa'.repeat(32)),
      settingsJson: '{}',
      engine: 'tfjs',
      names: ['bert'],
      ticketConsumer: ticketConsumer(id('02')),
      datasets: [{ digest: digestBytes(SET), path: '' }],
      probes: [probe],
      ticketsInHand: 1,
    });
  });

  it('takes two tickets of a single teacher, and none of one that it may not answer with', () => {
    const inHand = (identities: string[], order = serves) => {
      const orders = new Map(identities.map((identity) => [identity, order]));
      return teacherState(identities, wanted, orders).teachers.map((t) => t.ticketsInHand);
    };
    expect(inHand([id('01')])).toEqual([2]);
    expect(inHand([id('01'), id('02'), id('03')])).toEqual([1, 1, 1]);
    expect(inHand([id('01')], { probes: [], serves: false })).toEqual([0]);
  });

  it('is told nothing of a teacher that nobody wants any more', () => {
    const identities = [id('01'), id('09')];
    const orders = new Map(identities.map((identity) => [identity, serves]));
    const { teachers: told } = teacherState(identities, wanted, orders);
    expect(told.map(({ names }) => names)).toEqual([['anna']]);
  });
});

describe('a student worker', () => {
  const session = { workerId: 's1', sessionKeyDigest: KEY_DIGEST };

  it('has the run that is assigned to its process', () => {
    const run = aHeldRun();
    const others = [session, { workerId: 's2', sessionKeyDigest: KEY_DIGEST }];
    expect([...heldRuns([run], others)]).toEqual([['s1', run]]);
    expect(heldRuns([run], [{ ...session, sessionKeyDigest: '22'.repeat(32) }]).size).toBe(0);
  });

  it('has a run only while that is in progress', () => {
    const states = RUN_STATES.filter(
      (state) => heldRuns([aHeldRun({ state })], [session]).size > 0,
    );
    expect(states).toEqual(['PREPARING', 'FITTING', 'TRAINING']);
  });

  it('is told what it needs to train, under the epoch of its assignment', () => {
    const digest = 'ee'.repeat(32);
    const teachers = [{ ...pinned('anna'), identity: '01'.repeat(32) }];
    const { run } = studentState(aHeldRun({ teachers, studentModelDigest: digest, attempt: 3 }));
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
