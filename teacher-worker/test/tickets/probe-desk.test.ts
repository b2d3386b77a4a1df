/** A desk whose session, turns and teacher are functions of this file, which record what the teacher is asked. */
import { createLogger } from '@lyceum/platform';
import { LyceumError, type ProbeAnswered, Ticket, UnreadableSetError } from '@lyceum/proto';
import { expect, it, vi } from 'vitest';
import type { SessionLink } from '../../src/session/session-link.js';
import { ProbeDesk } from '../../src/tickets/probe-desk.js';

const TICKET = Ticket.fromPartial({
  teacherIdentity: Buffer.alloc(32, 1),
  datasetDigest: Buffer.alloc(32, 2),
  positionCount: 4,
  outputs: ['logits'],
});

it('ProbeDesk forgets kept answers once before `anewAttempt`, however often that is repeated', async () => {
  const done: string[] = [];
  const sent: number[] = [];
  let failures = 0;
  const desk = new ProbeDesk({
    turn: () => Promise.resolve(() => undefined),
    forget: (identity) => Promise.resolve(void done.push(`forget ${identity}`)),
    changed: () => undefined,
    fetchDataset: () => Promise.resolve({ digest: 'd', file: 'f' }),
    answer: () => {
      const isAway = failures-- > 0;
      done.push(isAway ? 'away' : 'answer');
      if (isAway) return Promise.reject(new Error('away'));
      return Promise.resolve({ tensors: [], inferenceSeconds: 0 });
    },
    random: () => 0,
    log: createLogger({ name: 'test', level: 'silent' }),
  });
  const link = {
    closed: new AbortController().signal,
    send: (message: { probed: { ticket: Ticket } }) => {
      sent.push(message.probed.ticket.attempt);
      return Promise.resolve();
    },
  } as unknown as SessionLink;
  const follow = (attempt: number, anewAttempt: number) => {
    desk.follow(link, [{ identity: 'box', probes: [{ ...TICKET, attempt, anewAttempt }] }]);
    return vi.waitFor(() => expect(sent.at(-1)).toBe(attempt), { timeout: 60_000 });
  };
  await follow(2, 0);
  expect(done).toEqual(['answer', 'answer']);
  failures = 2;
  await follow(3, 3);
  // Answers that the worker has kept since attempt 3 are new enough.
  await follow(4, 3);
  expect(done.slice(2)).toEqual(['forget box', 'away', 'away', 'answer', 'answer']);
  expect(sent).toEqual([1, 2, 3, 4]);
});

it('ProbeDesk reports an unreadable set once for all wanted attempts', async () => {
  const probed: ProbeAnswered[] = [];
  const desk = new ProbeDesk({
    turn: () => Promise.resolve(() => undefined),
    forget: () => Promise.resolve(),
    changed: () => undefined,
    fetchDataset: () => Promise.resolve({ digest: 'd', file: 'f' }),
    answer: () => Promise.reject(new UnreadableSetError('a.tar has changed')),
    random: () => 0,
    log: createLogger({ name: 'test', level: 'silent' }),
  });
  const link = {
    closed: new AbortController().signal,
    send: (message: { probed: ProbeAnswered }) => Promise.resolve(void probed.push(message.probed)),
  } as unknown as SessionLink;
  desk.follow(link, [{ identity: 'box', probes: [{ ...TICKET, attempt: 3 }] }]);
  await vi.waitFor(() => expect(probed).toHaveLength(1), { timeout: 60_000 });
  expect(probed[0]).toMatchObject({
    failure: 'a.tar has changed',
    unreadable: true,
    ticket: { attempt: 3 },
  });
});

it('ProbeDesk tells once why a probe has no answer yet, and once that it has one', async () => {
  const told: string[][] = [];
  let failures = 3;
  const desk: ProbeDesk = new ProbeDesk({
    turn: () => Promise.resolve(() => undefined),
    forget: () => Promise.resolve(),
    changed: () => told.push([...desk.troubles].flat()),
    fetchDataset: () => Promise.resolve({ digest: 'd', file: 'f' }),
    answer: () => {
      if (failures-- > 0) return Promise.reject(new LyceumError('UNAVAILABLE', 'answers 503'));
      return Promise.resolve({ tensors: [], inferenceSeconds: 0 });
    },
    random: () => 0,
    log: createLogger({ name: 'test', level: 'silent' }),
  });
  const link = {
    closed: new AbortController().signal,
    send: () => Promise.resolve(),
  } as unknown as SessionLink;
  desk.follow(link, [{ identity: 'box', probes: [{ ...TICKET, attempt: 1 }] }]);
  await vi.waitFor(() => expect(told).toEqual([['box', 'answers 503'], []]), { timeout: 60_000 });
  expect(failures).toBe(-1);
});
