/** Each test tells the state machine what replicas answer, and asks which of them may take tickets. */
import { describe, expect, it } from 'vitest';
import { PROVEN_FAILURE_LIMIT } from '../../../src/health/replicas/failed-tickets.js';
import type { HealthEffect } from '../../../src/health/replicas/health-effect.js';
import { ReplicaHealth } from '../../../src/health/replicas/replica-health.js';

const TEACHER = 'a'.repeat(64);
const [ONE, TWO, THREE] = ['w1', 'w2', 'w3'].map((workerId) => ({
  workerId,
  teacher: TEACHER,
})) as [Replica, Replica, Replica];
type Replica = { readonly workerId: string; readonly teacher: string };

const RIGHT = Float32Array.of(1, -2, 3, 0.5);
/** Differs by one unit in the last place, as on another device. */
const OTHER_BITS = Float32Array.of(1, -2, 3, 0.50000006);
const WRONG = Float32Array.of(1, -2, 3, 1.5);

/** Noise of engine and precision. */
const NOISE = 1e-4;
/** NOISY differs by less than the noise of a replica, MOVED by more, but no more than another device may. */
const NOISY = Float32Array.of(1, -2, 3, 0.5002);
const MOVED = Float32Array.of(1, -2, 3, 0.51);

function digestOf(values: Float32Array): string {
  return values.join();
}

class Story {
  readonly health = new ReplicaHealth<string>([]);
  readonly effects: HealthEffect[] = [];
  nowMs = 0;

  join(...replicas: Replica[]): void {
    for (const replica of replicas) this.health.wants(replica, ['p']);
  }

  /** Answers all rounds of the probe. @param values - by round, from 1. */
  answerAll(replica: Replica, values: Float32Array | ((round: number) => Float32Array)): void {
    for (let round = 1; round <= this.health.rounds(replica, 'p'); round++) {
      const given = typeof values === 'function' ? values(round) : values;
      const answer = {
        round,
        isClass: false,
        values: given,
        digest: digestOf(given),
        noise: NOISE,
      };
      this.effects.push(...this.health.answered(replica, 'p', answer, this.nowMs));
    }
  }

  /** Answers a ticket. */
  answers(
    replica: Replica,
    sampleCount: number,
    item = `${sampleCount} of ${replica.workerId}`,
    failureCount = this.health.canaries.failureCount(replica),
  ) {
    this.effects.push(...this.health.canaries.stored(replica, item, sampleCount, failureCount));
  }

  kinds(): string[] {
    return this.effects.map(({ kind }) => kind).filter((kind) => kind !== 'changed');
  }
}

describe('the self-test of a replica', () => {
  it('asks each probe twice before the replica serves tickets', () => {
    const { health, ...story } = new Story();
    health.wants(ONE, ['p', 'q']);
    expect(health.serves(ONE, false)).toBe(false);
    expect(health.differs(ONE)).toBe(false);
    expect([health.rounds(ONE, 'p'), health.rounds(ONE, 'q')]).toEqual([2, 2]);
    const give = (probe: string, round: number) =>
      health.answered(
        ONE,
        probe,
        { round, isClass: false, values: RIGHT, digest: 'd', noise: NOISE },
        story.nowMs,
      );
    give('p', 1);
    give('p', 2);
    expect(health.serves(ONE, false)).toBe(false);
    give('q', 1);
    expect(health.serves(ONE, false)).toBe(false);
    expect(give('q', 2)).toEqual([{ kind: 'changed' }]);
    expect(health.serves(ONE, false)).toBe(true);
  });

  it('is repeated after a new session, and after the teacher is loaded again', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    story.health.loaded(ONE);
    expect(story.health.serves(ONE, false)).toBe(false);
    story.answerAll(ONE, RIGHT);
    expect(story.health.serves(ONE, false)).toBe(true);
    story.health.sessionEnded('w1');
    story.join(ONE);
    expect(story.health.serves(ONE, false)).toBe(false);
    expect(story.health.rounds(ONE, 'p')).toBe(2);
  });

  it('is repeated when an answer to a probe was passed over', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    story.answers(ONE, 5);
    story.health.canaries.prove(TEACHER);
    expect(story.health.rounds(ONE, 'p')).toBe(3);
    story.health.passedOver(ONE, 'p', 3);
    story.join(ONE);
    expect(story.health.serves(ONE, false)).toBe(false);
    expect(story.health.rounds(ONE, 'p')).toBe(5);
    story.answerAll(ONE, RIGHT);
    expect(story.health.serves(ONE, false)).toBe(true);
    expect(story.kinds()).toEqual(['proven']);
  });

  it('counts only asked rounds when a far later round is passed over', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    story.health.passedOver(ONE, 'p', 1_000_000);
    story.health.passedOver(ONE, 'other', 1);
    story.join(ONE);
    expect(story.health.rounds(ONE, 'p')).toBe(4);
  });

  it("bars a replica from strict runs if its answers have other bits than another's, and notes it", () => {
    const story = new Story();
    story.join(ONE, TWO);
    story.answerAll(ONE, RIGHT);
    story.answerAll(TWO, OTHER_BITS);
    expect(story.kinds()).toEqual(['differs']);
    expect([story.health.serves(TWO, false), story.health.serves(TWO, true)]).toEqual([
      true,
      false,
    ]);
    expect(story.health.serves(ONE, true)).toBe(true);
    expect(story.effects).toContainEqual(
      expect.objectContaining({
        reason:
          'its answers to the probe differ from those of w1 by up to 6.0e-8, and 0.030 is tolerated',
      }),
    );
  });

  it('bars a replica from strict runs if its own two answers have different bits', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, (round) => (round === 1 ? RIGHT : OTHER_BITS));
    expect(story.health.serves(ONE, true)).toBe(false);
    expect(story.health.serves(ONE, false)).toBe(true);
    expect(story.kinds()).toEqual(['differs']);
  });

  it('quarantines a replica whose answers differ by more than is tolerated', () => {
    const story = new Story();
    story.join(ONE, TWO);
    story.answerAll(ONE, RIGHT);
    story.answerAll(TWO, WRONG);
    expect(story.kinds()).toEqual(['quarantined', 'discredited']);
    expect(story.health.serves(TWO, false)).toBe(false);
    expect(story.health.quarantine(TWO)?.reason).toBe(
      'its answers to the probe differ from those of w1 by up to 1.0, and 0.030 is tolerated',
    );
  });

  it('believes the replica whose answers a run started with, not the replica that came first', () => {
    const story = new Story();
    story.health.references.expect('p', digestOf(RIGHT));
    story.join(ONE, TWO);
    story.answerAll(ONE, WRONG);
    expect(story.health.serves(ONE, false)).toBe(true);
    story.answerAll(TWO, RIGHT);
    expect(story.health.serves(ONE, false)).toBe(false);
    expect(story.health.serves(TWO, true)).toBe(true);
    expect(story.health.references.get('p')?.digest).toBe(digestOf(RIGHT));
  });
});

describe('canaries', () => {
  it('are asked of replicas that answered tickets, and quarantine the one whose answers changed', () => {
    const story = new Story();
    story.join(ONE, TWO);
    story.answerAll(ONE, RIGHT);
    story.answerAll(TWO, RIGHT);
    story.answers(ONE, 7);
    expect(story.health.canaries.tick(999, 1000)).toEqual([]);
    expect(story.health.canaries.tick(1000, 1000)).toEqual([{ kind: 'changed' }]);
    expect([story.health.rounds(ONE, 'p'), story.health.rounds(TWO, 'p')]).toEqual([3, 2]);
    expect(story.health.serves(ONE, false)).toBe(true);
    expect(story.health.canaries.tick(5000, 1000)).toEqual([]);
    story.answerAll(ONE, (round) => (round === 3 ? WRONG : RIGHT));
    expect(story.effects).toContainEqual(
      expect.objectContaining({ kind: 'quarantined', workerId: 'w1', unproven: 7 }),
    );
  });

  it('come an interval after the last passed canary, and only after another ticket', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    story.answers(ONE, 7);
    story.health.canaries.tick(1000, 1000);
    story.nowMs = 1200;
    story.answerAll(ONE, RIGHT);
    expect(story.health.canaries.tick(9000, 1000)).toEqual([]);
    story.answers(ONE, 1);
    expect(story.health.canaries.tick(2199, 1000)).toEqual([]);
    expect(story.health.canaries.tick(2200, 1000)).toHaveLength(1);
  });

  it('come at once if the clock was put back since the last one passed', () => {
    const story = new Story();
    story.join(ONE);
    story.nowMs = 5000;
    story.answerAll(ONE, RIGHT);
    story.answers(ONE, 7);
    expect(story.health.canaries.tick(5000, 1000)).toEqual([]);
    expect(story.health.canaries.tick(4999, 1000)).toHaveLength(1);
  });
});

describe('an unproven answer to a ticket', () => {
  it('is suspect once its replica fails its canary; answers of other replicas are not', () => {
    const story = new Story();
    story.join(ONE, TWO);
    story.answerAll(ONE, RIGHT);
    story.answerAll(TWO, RIGHT);
    story.answers(ONE, 7);
    story.answers(TWO, 5);
    story.health.canaries.tick(1000, 1000);
    story.answerAll(ONE, WRONG);
    const suspects = story.effects.filter(({ kind }) => kind === 'suspect');
    expect(suspects).toEqual([expect.objectContaining({ ...ONE, items: ['7 of w1'] })]);
    expect(story.health.canaries.unproven.countOfTeacher(TEACHER)).toBe(5);
  });

  it('is proven by a canary that was asked after it, not by one asked before it', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    story.answers(ONE, 7);
    story.health.canaries.tick(1000, 1000);
    story.answers(ONE, 2);
    // Joining again asks nothing, and does not widen what the canary under way proves.
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    expect(story.kinds()).toEqual(['proven']);
    expect(story.health.canaries.unproven.countOf(ONE)).toBe(2);
    expect(story.health.canaries.prove(TEACHER)).toEqual([{ kind: 'changed' }]);
    expect(story.health.canaries.prove(TEACHER)).toEqual([]);
    story.answerAll(ONE, RIGHT);
    expect(story.health.canaries.unproven.countOf(ONE)).toBe(0);
    expect(story.health.canaries.prove(TEACHER)).toEqual([]);
  });

  it('belongs to its replica until the worker unloads the teacher', () => {
    const story = new Story();
    const { canaries } = story.health;
    story.join(ONE, TWO);
    story.answerAll(ONE, RIGHT);
    story.answerAll(TWO, RIGHT);
    story.answers(ONE, 7);
    story.answers(TWO, 5);
    canaries.unloads(ONE.workerId, new Set([TEACHER]));
    expect([canaries.unproven.countOf(ONE), canaries.unproven.countOf(TWO)]).toEqual([7, 5]);
    canaries.unloads(ONE.workerId, new Set());
    expect([canaries.unproven.countOf(ONE), canaries.unproven.countOf(TWO)]).toEqual([0, 5]);
    expect(canaries.unproven.countOfTeacher(TEACHER)).toBe(12);
  });

  it('can be proven by another replica if it is stored after its session ended', () => {
    const story = new Story();
    story.join(TWO);
    story.answerAll(TWO, RIGHT);
    story.answers(ONE, 7);
    story.health.canaries.prove(TEACHER);
    story.answerAll(TWO, RIGHT);
    expect(story.health.canaries.unproven.countOfTeacher(TEACHER)).toBe(0);
  });

  it('can be proven by another replica once its worker is gone', () => {
    const story = new Story();
    story.join(ONE, TWO);
    story.answerAll(ONE, RIGHT);
    story.answerAll(TWO, RIGHT);
    story.answers(ONE, 7);
    story.health.sessionEnded('w1');
    expect(story.health.canaries.unproven.countOfTeacher(TEACHER)).toBe(7);
    story.health.canaries.prove(TEACHER);
    story.answerAll(TWO, RIGHT);
    expect(story.health.canaries.unproven.countOfTeacher(TEACHER)).toBe(0);
  });

  it('of a worker that is gone waits while the only other replica is quarantined', () => {
    const story = new Story();
    const { canaries } = story.health;
    story.join(ONE, TWO);
    story.answerAll(ONE, RIGHT);
    story.answerAll(TWO, WRONG);
    story.answers(ONE, 7);
    story.health.sessionEnded('w1');
    expect(canaries.prove(TEACHER)).toEqual([]);
    expect(canaries.unproven.countOfTeacher(TEACHER)).toBe(7);
    story.health.release(TWO);
    story.answerAll(TWO, RIGHT);
    expect(canaries.unproven.countOfTeacher(TEACHER)).toBe(0);
  });

  it('is suspect on all replicas of a server once one fails its canary; the others are probed at once', () => {
    const story = new Story();
    for (const replica of [ONE, TWO]) story.health.wants(replica, ['p'], true);
    story.answerAll(ONE, RIGHT);
    story.answerAll(TWO, RIGHT);
    story.answers(ONE, 7);
    story.answers(TWO, 5);
    story.health.canaries.tick(1000, 1000);
    story.answerAll(ONE, WRONG);
    expect(story.effects).toContainEqual(
      expect.objectContaining({ kind: 'suspect', items: ['7 of w1', '5 of w2'] }),
    );
    expect(story.health.rounds(TWO, 'p')).toBe(4);
  });

  it('of a server that failed is trusted after a probe asked since, not after one already under way', () => {
    const story = new Story();
    for (const replica of [ONE, TWO]) story.health.wants(replica, ['p'], true);
    story.health.probeFailed(ONE, 'p', { round: 1, reason: 'NaN' }, 5);
    expect([story.health.rounds(TWO, 'p'), story.health.anewRound(TWO, 'p')]).toEqual([3, 3]);
    const answered = (round: number) => {
      const answer = { round, isClass: false, values: RIGHT, digest: 'd', noise: NOISE };
      story.health.answered(TWO, 'p', answer, 6);
      return [story.health.isTrusted(TWO), story.health.serves(TWO, false)];
    };
    // Both rounds of its self-test may have begun before the failure.
    expect([answered(1), answered(2), answered(3)]).toEqual([
      [false, false],
      [false, false],
      [true, true],
    ]);
  });

  it('is suspect if it is stored after its replica was quarantined', () => {
    const story = new Story();
    story.join(ONE);
    story.health.probeFailed(ONE, 'p', { round: 1, reason: 'NaN' }, 5);
    story.answers(ONE, 1);
    expect(story.kinds()).toEqual(['suspect']);
  });

  it('is suspect if it came before its replica failed and is stored after the release', () => {
    const story = new Story();
    story.join(ONE);
    story.join(TWO);
    const [one, two] = [ONE, TWO].map((replica) => story.health.canaries.failureCount(replica));
    story.health.probeFailed(ONE, 'p', { round: 1, reason: 'NaN' }, 5);
    story.health.release(ONE);
    story.answers(ONE, 1, 'late', one);
    story.answers(TWO, 1, 'of another', two);
    expect(story.effects).toEqual([
      expect.objectContaining({ ...ONE, reason: expect.stringContaining('NaN'), items: ['late'] }),
    ]);
    story.answers(ONE, 1, 'in time');
    expect(story.effects.length).toBe(1);
    expect(story.health.canaries.unproven.items()).toEqual(['of another', 'in time']);
  });

  it('in hand at a replica of a failed server does not count until the replica answers a new probe', () => {
    const story = new Story();
    for (const replica of [ONE, TWO]) {
      story.health.wants(replica, ['p'], true);
      story.answerAll(replica, RIGHT);
    }
    story.effects.push(...story.health.probeFailed(ONE, 'p', { round: 1, reason: 'NaN' }, 5));
    const discredited = story.effects.filter(({ kind }) => kind === 'discredited');
    expect(discredited).toEqual([
      { kind: 'discredited', ...ONE },
      { kind: 'discredited', ...TWO },
    ]);
    expect([story.health.isTrusted(TWO), story.health.serves(TWO, false)]).toEqual([false, false]);
    story.answerAll(TWO, RIGHT);
    expect([story.health.isTrusted(TWO), story.health.serves(TWO, false)]).toEqual([true, true]);
  });

  it('of another replica is suspect if their common server failed after the answer came', () => {
    const story = new Story();
    for (const replica of [ONE, TWO]) story.health.wants(replica, ['p'], true);
    const before = story.health.canaries.failureCount(TWO);
    story.health.probeFailed(ONE, 'p', { round: 1, reason: 'NaN' }, 5);
    story.answers(TWO, 1, 'late', before);
    expect(story.effects).toEqual([expect.objectContaining({ ...TWO, items: ['late'] })]);
  });

  it('is suspect once the server behind the replica lost its model, but not if the model was local', () => {
    const story = new Story();
    story.health.wants(ONE, ['p'], true);
    story.health.wants({ ...ONE, teacher: 'local' }, ['q']);
    story.answers(ONE, 7);
    story.answers({ ...ONE, teacher: 'local' }, 3);
    for (const teacher of [TEACHER, 'local']) {
      story.effects.push(...story.health.canaries.lost({ ...ONE, teacher }, 'replaced'));
    }
    expect(story.effects).toEqual([
      { kind: 'discredited', ...ONE },
      expect.objectContaining({ kind: 'suspect', ...ONE, items: ['7 of w1'] }),
    ]);
    expect(story.health.canaries.unproven.countOfTeacher('local')).toBe(3);
  });

  it('is suspect only once for a failure to load that a worker behind the same server goes on reporting', () => {
    const story = new Story();
    for (const replica of [ONE, TWO]) story.health.wants(replica, ['p'], true);
    const lost = () => story.effects.push(...story.health.canaries.lost(ONE, 'it has no token'));
    lost();
    story.answerAll(TWO, RIGHT);
    story.effects.length = 0;
    story.answers(TWO, 5);
    lost();
    expect(story.kinds()).toEqual([]);
    expect(story.health.canaries.unproven.countOf(TWO)).toBe(5);
    expect(story.health.isTrusted(TWO)).toBe(true);
    // It was loaded meanwhile, so the next failure is another one.
    story.health.loaded(ONE);
    lost();
    expect(story.kinds()).toContain('suspect');
  });
});

describe('an answered first ticket of a run', () => {
  it('makes a probe of the replica due, once a run', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    const answered = (...runs: string[]) =>
      story.health.ticketAnswered(ONE, { id: 't', runs }, 0).length;
    expect([answered('a'), answered('a')]).toEqual([1, 0]);
    expect(story.health.rounds(ONE, 'p')).toBe(3);
    expect(answered('b')).toBe(0);
    story.answerAll(ONE, RIGHT);
    // The first ticket of run b came during the probe, so the next ticket of b asks another.
    expect([answered('a', 'b'), answered('b')]).toEqual([1, 0]);
  });
});

describe('a probe answer that the worker kept', () => {
  it('is accepted after a failed ticket, but not for a canary or after a release', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    story.health.ticketFailed(ONE, 't');
    story.answerAll(ONE, RIGHT);
    const rounds = () => [story.health.rounds(ONE, 'p'), story.health.anewRound(ONE, 'p')];
    expect(rounds()).toEqual([3, 0]);
    story.health.ticketAnswered(ONE, { id: 't', runs: ['a'] }, 0);
    expect(rounds()).toEqual([4, 4]);
    story.answerAll(ONE, WRONG);
    expect(story.kinds()).toEqual(['quarantined', 'discredited']);
    story.health.release(ONE);
    // Round 5 is the first of the two of its self-test.
    expect(rounds()).toEqual([6, 5]);
  });
});

describe('a teacher whose calls are paid for', () => {
  it('has a canary at the first ticket and one at the end; later answers pass unchecked, with a note', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    story.health.canaries.budgets.price(TEACHER, 128);
    story.health.canaries.budgets.pay(TEACHER, 'a', 256);
    story.health.canaries.budgets.pay(TEACHER, 'a', 256);
    story.answers(ONE, 7);
    expect(story.health.ticketAnswered(ONE, { id: 't', runs: ['a'] }, 0)).toHaveLength(1);
    story.answerAll(ONE, RIGHT);
    story.answers(ONE, 5);
    // The rest of the budget is for the end.
    expect(story.health.canaries.tick(9000, 1000)).toEqual([]);
    expect(story.health.canaries.prove(TEACHER)).toEqual([{ kind: 'changed' }]);
    story.answerAll(ONE, RIGHT);
    expect(story.health.canaries.budgets.left(TEACHER)).toBe(0);
    expect(story.health.canaries.unproven.countOfTeacher(TEACHER)).toBe(0);
    story.answers(ONE, 3);
    expect(story.health.canaries.prove(TEACHER)).toEqual([
      { kind: 'unchecked', teacher: TEACHER, sampleCount: 3 },
      { kind: 'proven', teacher: TEACHER },
    ]);
    expect(story.health.canaries.unproven.countOfTeacher(TEACHER)).toBe(0);
  });
});

it('a run that is submitted again after its deletion has canaries of its own', () => {
  const story = new Story();
  const { canaries } = story.health;
  story.join(ONE);
  story.answerAll(ONE, RIGHT);
  canaries.budgets.price(TEACHER, 128);
  const firstTicket = () => {
    canaries.budgets.pay(TEACHER, 'a', 256);
    story.answers(ONE, 7);
    const effects = story.health.ticketAnswered(ONE, { id: 't', runs: ['a'] }, 0);
    story.answerAll(ONE, RIGHT);
    return effects;
  };
  expect(firstTicket()).toEqual([{ kind: 'changed' }]);
  canaries.forgetRun('a');
  expect(firstTicket()).toEqual([{ kind: 'changed' }]);
  expect(canaries.budgets.usedBy(TEACHER, 'a')).toBe(128);
});

it('answers of an unpaid replica pass unchecked only after the paid canary was answered', () => {
  const story = new Story();
  const { canaries } = story.health;
  story.join(ONE, TWO);
  for (const replica of [ONE, TWO]) story.answerAll(replica, RIGHT);
  canaries.budgets.price(TEACHER, 128);
  canaries.budgets.pay(TEACHER, 'a', 128);
  story.answers(ONE, 7);
  story.answers(TWO, 5);
  expect(canaries.prove(TEACHER)).toEqual([{ kind: 'changed' }]);
  expect(canaries.prove(TEACHER)).toEqual([]);
  story.answerAll(ONE, RIGHT);
  expect(canaries.prove(TEACHER)).toMatchObject([{ kind: 'unchecked', sampleCount: 5 }, {}]);
});

describe('later probe answers of a replica', () => {
  const second = (values: Float32Array) => (round: number) => (round < 2 ? RIGHT : values);

  it('may not differ from its first by more than its noise, though replicas may differ more', () => {
    const story = new Story();
    story.join(ONE, TWO, THREE);
    story.answerAll(ONE, RIGHT);
    story.answerAll(TWO, MOVED);
    story.answerAll(THREE, second(MOVED));
    expect(story.health.quarantines()).toEqual([
      {
        ...THREE,
        sinceMs: 0,
        reason:
          'its answers to the probe differ from its own first ones by up to 0.010, and 0.00030 is tolerated',
      },
    ]);
  });

  it('are compared with those since its release', () => {
    const story = new Story();
    story.health.references.keep('p', {
      round: 0,
      isClass: false,
      values: RIGHT,
      digest: digestOf(RIGHT),
    });
    story.join(ONE);
    story.answerAll(ONE, WRONG);
    story.health.release(ONE);
    story.answerAll(ONE, RIGHT);
    expect(story.health.serves(ONE, false)).toBe(true);
  });

  it('may differ from its first by its noise', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, second(NOISY));
    expect(story.health.quarantines()).toEqual([]);
  });

  it('may differ from the kept ones by the noise behind a server, and by more for a local model', () => {
    const story = new Story();
    const kept = { round: 1, isClass: false, values: RIGHT, digest: digestOf(RIGHT) };
    for (const replica of [ONE, TWO]) story.health.wants(replica, ['p'], replica === ONE);
    story.health.references.keep('p', kept);
    story.answerAll(ONE, MOVED);
    story.answerAll(TWO, MOVED);
    expect(story.health.quarantines().map(({ workerId }) => workerId)).toEqual(['w1']);
    expect(story.health.quarantine(ONE)?.reason).toContain('those that were kept with the stored');
  });
});

describe('failed tickets', () => {
  it('stop a replica from serving until it has answered its probes again', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    expect(story.health.ticketFailed(ONE, 't')).toEqual([{ kind: 'changed' }]);
    expect(story.health.serves(ONE, false)).toBe(false);
    expect(story.health.rounds(ONE, 'p')).toBe(3);
    story.answerAll(ONE, RIGHT);
    expect(story.health.serves(ONE, false)).toBe(true);
  });

  it('quarantine no replica if they fail on all replicas', () => {
    const story = new Story();
    story.join(ONE, TWO);
    for (let i = 0; i < 100; i++) {
      story.health.ticketFailed(ONE, `t${i}`);
      story.health.ticketFailed(TWO, `t${i}`);
    }
    expect(story.health.quarantines()).toEqual([]);
  });

  it('quarantine the replica if other replicas answer PROVEN_FAILURE_LIMIT of them', () => {
    const story = new Story();
    story.join(ONE, TWO, THREE);
    for (let i = 1; i <= PROVEN_FAILURE_LIMIT; i++) {
      expect(story.health.quarantines()).toEqual([]);
      story.health.ticketFailed(ONE, `t${i}`);
      // A ticket that the same replica answers later is no proof against it.
      story.health.ticketFailed(TWO, `u${i}`);
      story.health.ticketAnswered(TWO, { id: `u${i}`, runs: [] }, 0);
      story.health.ticketAnswered(THREE, { id: `t${i}`, runs: [] }, i);
    }
    expect(story.health.quarantines()).toEqual([
      {
        ...ONE,
        reason: '3 tickets that it failed on were answered by others, by w3 last',
        sinceMs: 3,
      },
    ]);
  });
});

describe('a quarantine', () => {
  it('ends with a release, and the replica is trusted again after its self-test', () => {
    const story = new Story();
    story.join(ONE);
    expect(story.health.isTrusted(ONE)).toBe(true);
    story.answerAll(ONE, RIGHT);
    story.health.probeFailed(ONE, 'p', { round: 1, reason: 'NaN' }, 5);
    expect(story.health.isTrusted(ONE)).toBe(false);
    story.health.release(ONE);
    expect(story.health.isTrusted(ONE)).toBe(false);
    story.answerAll(ONE, RIGHT);
    expect(story.health.isTrusted(ONE)).toBe(true);
    // A failed ticket is no quarantine: answers in hand still count.
    story.health.ticketFailed(ONE, 't');
    expect([story.health.serves(ONE, false), story.health.isTrusted(ONE)]).toEqual([false, true]);
  });

  it('ends with a release after a server has refused both probes of the self-test', () => {
    const { health } = new Story();
    health.wants(ONE, ['p']);
    health.probeFailed(ONE, 'p', { round: 1, reason: 'NaN' }, 5);
    health.release(ONE);
    health.probeRefused(ONE, 'p', 2);
    expect(health.isTrusted(ONE)).toBe(false);
    health.probeRefused(ONE, 'p', 3);
    expect(health.isTrusted(ONE)).toBe(true);
  });

  it('ends with a release after the replica failed at both probes of its self-test: two more are asked', () => {
    const { health } = new Story();
    health.wants(ONE, ['p']);
    for (const round of [1, 2]) health.probeFailed(ONE, 'p', { round, reason: 'NaN' }, 5);
    health.release(ONE);
    expect([health.rounds(ONE, 'p'), health.anewRound(ONE, 'p')]).toEqual([4, 3]);
  });

  it('ends with a release at once if no probe is wanted any more', () => {
    const { health } = new Story();
    health.wants(ONE, ['p']);
    health.probeFailed(ONE, 'p', { round: 1, reason: 'NaN' }, 5);
    health.wants(ONE, []);
    health.release(ONE);
    expect([health.serves(ONE, false), health.isTrusted(ONE)]).toEqual([true, true]);
  });

  it('outlasts sessions and coordinators, and ends with a release and another self-test', () => {
    const before = new Story();
    before.join(ONE);
    before.health.probeFailed(ONE, 'p', { round: 1, reason: 'logits row 0 holds NaN' }, 5);
    const health = new ReplicaHealth(before.health.quarantines());
    health.sessionEnded('w1');
    health.wants(ONE, ['p']);
    const give = () =>
      [1, 2].map((round) =>
        health.answered(
          ONE,
          'p',
          { round, isClass: false, values: RIGHT, digest: 'd', noise: NOISE },
          9,
        ),
      );
    give();
    expect(health.serves(ONE, false)).toBe(false);
    expect(health.release(ONE)).toBe(true);
    expect(health.serves(ONE, false)).toBe(false);
    expect(health.rounds(ONE, 'p')).toBe(4);
    for (const round of [3, 4]) {
      health.answered(
        ONE,
        'p',
        { round, isClass: false, values: RIGHT, digest: 'd', noise: NOISE },
        9,
      );
    }
    expect(health.serves(ONE, false)).toBe(true);
    expect(health.release(ONE)).toBe(false);
  });
});

describe('a probe that is no longer wanted', () => {
  it('does not keep a replica from serving until it is wanted again', () => {
    const story = new Story();
    story.health.wants(ONE, ['p', 'q']);
    story.answerAll(ONE, RIGHT);
    expect(story.health.serves(ONE, false)).toBe(false);
    story.join(ONE);
    expect(story.health.serves(ONE, false)).toBe(true);
    story.answers(ONE, 1);
    expect(story.health.canaries.tick(1000, 1000)).toEqual([{ kind: 'changed' }]);
    // The probe is wanted again, and its two rounds have to be answered.
    story.health.wants(ONE, ['p', 'q']);
    expect(story.health.rounds(ONE, 'q')).toBe(2);
    expect(story.health.serves(ONE, false)).toBe(false);
  });

  it('is forgotten by retain, and needs a new self-test when it is wanted again', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    story.health.retain(new Set());
    expect(story.health.references.get('p')).toBeUndefined();
    story.join(ONE);
    expect(story.health.rounds(ONE, 'p')).toBe(4);
    story.answerAll(ONE, WRONG);
    expect(story.health.serves(ONE, true)).toBe(true);
  });
});
