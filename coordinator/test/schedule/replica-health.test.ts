/** A story each, told to the state machine: what workers answer, and who may take tickets then. */
import { describe, expect, it } from 'vitest';
import {
  type HealthEffect,
  PROVEN_FAILURE_LIMIT,
  ReplicaHealth,
} from '../../src/schedule/replica-health.js';

const TEACHER = 'a'.repeat(64);
const [ONE, TWO, THREE] = ['w1', 'w2', 'w3'].map((workerId) => ({
  workerId,
  teacher: TEACHER,
})) as [Replica, Replica, Replica];
type Replica = { readonly workerId: string; readonly teacher: string };

const RIGHT = Float32Array.of(1, -2, 3, 0.5);
/** By one unit in the last place: as another device gives. */
const OTHER_BITS = Float32Array.of(1, -2, 3, 0.50000006);
const WRONG = Float32Array.of(1, -2, 3, 1.5);

function digestOf(values: Float32Array): string {
  return values.join();
}

class Story {
  readonly health = new ReplicaHealth([]);
  readonly effects: HealthEffect[] = [];
  nowMs = 0;

  join(...replicas: Replica[]): void {
    for (const replica of replicas) this.health.wants(replica, ['p']);
  }

  /** Answers everything that is asked. @param values - by round, from 1. */
  answerAll(replica: Replica, values: Float32Array | ((round: number) => Float32Array)): void {
    for (let round = 1; round <= this.health.rounds(replica, 'p'); round++) {
      const given = typeof values === 'function' ? values(round) : values;
      const answer = { round, isClass: false, values: given, digest: digestOf(given) };
      this.effects.push(...this.health.answered(replica, 'p', answer, this.nowMs));
    }
  }

  kinds(): string[] {
    return this.effects.map(({ kind }) => kind).filter((kind) => kind !== 'changed');
  }
}

describe('the self-test', () => {
  it('comes before the first ticket, twice', () => {
    const { health, ...story } = new Story();
    health.wants(ONE, ['p', 'q']);
    expect(health.serves(ONE, false)).toBe(false);
    expect([health.rounds(ONE, 'p'), health.rounds(ONE, 'q')]).toEqual([2, 2]);
    const give = (probe: string, round: number) =>
      health.answered(
        ONE,
        probe,
        { round, isClass: false, values: RIGHT, digest: 'd' },
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

  it('is taken again after a new session, and after the teacher was loaded anew', () => {
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

  it('keeps a replica with other bits from strict runs, and notes it for the others', () => {
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

  it('finds a replica that does not repeat itself', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, (round) => (round === 1 ? RIGHT : OTHER_BITS));
    expect(story.health.serves(ONE, true)).toBe(false);
    expect(story.health.serves(ONE, false)).toBe(true);
    expect(story.kinds()).toEqual(['differs']);
  });

  it('quarantines a replica that says something else', () => {
    const story = new Story();
    story.join(ONE, TWO);
    story.answerAll(ONE, RIGHT);
    story.answerAll(TWO, WRONG);
    expect(story.kinds()).toEqual(['quarantined']);
    expect(story.health.serves(TWO, false)).toBe(false);
    expect(story.health.quarantine(TWO)?.reason).toBe(
      'its answers to the probe differ from those of w1 by up to 1.0, and 0.030 is tolerated',
    );
  });

  it('believes the replica that says what a run began with, not the one that came first', () => {
    const story = new Story();
    story.health.expect('p', digestOf(RIGHT));
    story.join(ONE, TWO);
    story.answerAll(ONE, WRONG);
    expect(story.health.serves(ONE, false)).toBe(true);
    story.answerAll(TWO, RIGHT);
    expect(story.health.serves(ONE, false)).toBe(false);
    expect(story.health.serves(TWO, true)).toBe(true);
    expect(story.health.reference('p')?.digest).toBe(digestOf(RIGHT));
  });
});

describe('canaries', () => {
  it('are asked of replicas that have answered, and find the one that changed', () => {
    const story = new Story();
    story.join(ONE, TWO);
    story.answerAll(ONE, RIGHT);
    story.answerAll(TWO, RIGHT);
    story.health.ticketAnswered(ONE, { id: 't', sampleCount: 7 }, 0);
    expect(story.health.tick(999, 1000)).toEqual([]);
    expect(story.health.tick(1000, 1000)).toEqual([{ kind: 'changed' }]);
    expect([story.health.rounds(ONE, 'p'), story.health.rounds(TWO, 'p')]).toEqual([3, 2]);
    expect(story.health.serves(ONE, false)).toBe(true);
    expect(story.health.tick(5000, 1000)).toEqual([]);
    story.answerAll(ONE, (round) => (round === 3 ? WRONG : RIGHT));
    expect(story.effects).toContainEqual(
      expect.objectContaining({ kind: 'quarantined', workerId: 'w1', unproven: 7 }),
    );
  });

  it('that are passed count from then on', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    story.health.ticketAnswered(ONE, { id: 't', sampleCount: 7 }, 0);
    story.health.tick(1000, 1000);
    story.nowMs = 1200;
    story.answerAll(ONE, RIGHT);
    expect(story.health.tick(9000, 1000)).toEqual([]);
    story.health.ticketAnswered(ONE, { id: 'u', sampleCount: 1 }, 0);
    expect(story.health.tick(2199, 1000)).toEqual([]);
    expect(story.health.tick(2200, 1000)).toHaveLength(1);
  });
});

describe('tickets that fail', () => {
  it('cast suspicion until the probes are answered once more', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    expect(story.health.ticketFailed(ONE, 't')).toEqual([{ kind: 'changed' }]);
    expect(story.health.serves(ONE, false)).toBe(false);
    expect(story.health.rounds(ONE, 'p')).toBe(3);
    story.answerAll(ONE, RIGHT);
    expect(story.health.serves(ONE, false)).toBe(true);
  });

  it('prove nothing if they fail everywhere', () => {
    const story = new Story();
    story.join(ONE, TWO);
    for (let i = 0; i < 100; i++) {
      story.health.ticketFailed(ONE, `t${i}`);
      story.health.ticketFailed(TWO, `t${i}`);
    }
    expect(story.health.quarantines()).toEqual([]);
  });

  it('are the fault of the replica if another answers them', () => {
    const story = new Story();
    story.join(ONE, TWO, THREE);
    for (let i = 1; i <= PROVEN_FAILURE_LIMIT; i++) {
      expect(story.health.quarantines()).toEqual([]);
      story.health.ticketFailed(ONE, `t${i}`);
      // What it makes good itself is no proof.
      story.health.ticketFailed(TWO, `u${i}`);
      story.health.ticketAnswered(TWO, { id: `u${i}`, sampleCount: 1 }, 0);
      story.health.ticketAnswered(THREE, { id: `t${i}`, sampleCount: 1 }, i);
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
  it('outlasts sessions and successors, and ends when it is released, after another self-test', () => {
    const before = new Story();
    before.join(ONE);
    before.health.probeFailed(ONE, 'logits row 0 holds NaN', 5);
    const health = new ReplicaHealth(before.health.quarantines());
    health.sessionEnded('w1');
    health.wants(ONE, ['p']);
    const give = () =>
      [1, 2].map((round) =>
        health.answered(ONE, 'p', { round, isClass: false, values: RIGHT, digest: 'd' }, 9),
      );
    give();
    expect(health.serves(ONE, false)).toBe(false);
    expect(health.release(ONE)).toBe(true);
    expect(health.serves(ONE, false)).toBe(false);
    expect(health.rounds(ONE, 'p')).toBe(4);
    for (const round of [3, 4]) {
      health.answered(ONE, 'p', { round, isClass: false, values: RIGHT, digest: 'd' }, 9);
    }
    expect(health.serves(ONE, false)).toBe(true);
    expect(health.release(ONE)).toBe(false);
  });
});

describe('what nobody asks about any more', () => {
  it('does not keep a replica from tickets, answered or not', () => {
    const story = new Story();
    story.health.wants(ONE, ['p', 'q']);
    story.answerAll(ONE, RIGHT);
    expect(story.health.serves(ONE, false)).toBe(false);
    story.join(ONE);
    expect(story.health.serves(ONE, false)).toBe(true);
    story.health.ticketAnswered(ONE, { id: 't', sampleCount: 1 }, 0);
    expect(story.health.tick(1000, 1000)).toEqual([{ kind: 'changed' }]);
    // Back again: it is told what it was told, and has to answer it.
    story.health.wants(ONE, ['p', 'q']);
    expect(story.health.rounds(ONE, 'q')).toBe(2);
    expect(story.health.serves(ONE, false)).toBe(false);
  });

  it('is forgotten, and tested anew when it is asked about again', () => {
    const story = new Story();
    story.join(ONE);
    story.answerAll(ONE, RIGHT);
    story.health.retainReferences(new Set());
    expect(story.health.reference('p')).toBeUndefined();
    story.join(ONE);
    expect(story.health.rounds(ONE, 'p')).toBe(4);
    story.answerAll(ONE, WRONG);
    expect(story.health.serves(ONE, true)).toBe(true);
  });
});
