/** Probes that an outside server refuses; this does not count against the worker that asked. */
import { expect, it } from 'vitest';
import { ReplicaHealth } from '../../../src/health/replicas/replica-health.js';

const ONE = { workerId: 'w1', teacher: 'a'.repeat(64) };
const answer = (round: number) => ({
  round,
  isClass: true,
  values: Float32Array.of(1, 0),
  digest: 'd',
  noise: 0,
});

it('ReplicaHealth lets a replica serve after a server refused a probe twice, until it is asked again', () => {
  const health = new ReplicaHealth([]);
  health.wants(ONE, ['good', 'refused']);
  health.answered(ONE, 'good', answer(1), 0);
  health.answered(ONE, 'good', answer(2), 0);
  expect(health.serves(ONE, false)).toBe(false);
  expect(health.probeRefused(ONE, 'refused', 1)).toEqual([]);
  expect(health.probeRefused(ONE, 'refused', 2)).toEqual([{ kind: 'changed' }]);
  expect(health.serves(ONE, false)).toBe(true);
  expect(health.quarantines()).toEqual([]);
  // The same wish again asks no further rounds.
  for (let times = 0; times < 3; times++) health.wants(ONE, ['good', 'refused']);
  expect(health.rounds(ONE, 'refused')).toBe(2);
  expect(health.references.get('refused')).toBeUndefined();

  // The server may have been mended.
  health.askAgain('refused');
  health.askAgain('good');
  health.wants(ONE, ['good', 'refused']);
  expect(health.rounds(ONE, 'good')).toBe(2);
  expect(health.rounds(ONE, 'refused')).toBe(4);
  expect(health.serves(ONE, false)).toBe(false);
  // A refusal of a round from before counts for nothing.
  expect(health.probeRefused(ONE, 'refused', 3)).toEqual([]);
  health.answered(ONE, 'refused', answer(4), 0);
  expect(health.serves(ONE, false)).toBe(true);
  expect(health.references.get('refused')).toMatchObject({ digest: 'd' });
});

it('ReplicaHealth asks no further rounds when wants is called between two refusals', () => {
  const health = new ReplicaHealth([]);
  health.wants(ONE, ['refused']);
  // The worker is told its desired state again between the refusals of a self-test.
  for (const round of [1, 2]) {
    const effects = health.probeRefused(ONE, 'refused', round);
    expect(effects).toEqual(round === 2 ? [{ kind: 'changed' }] : []);
    health.wants(ONE, ['refused']);
    expect(health.rounds(ONE, 'refused')).toBe(2);
  }
  health.askAgain('refused');
  health.probeRefused(ONE, 'refused', 3);
  // A passed-over round is used up without a result: two more are asked.
  health.passedOver(ONE, 'refused', 4);
  health.wants(ONE, ['refused']);
  expect(health.rounds(ONE, 'refused')).toBe(6);
});

it('ReplicaHealth quarantines a replica whose own probe failed', () => {
  const health = new ReplicaHealth([]);
  health.wants(ONE, ['p']);
  health.probeFailed(ONE, 'p', { round: 1, reason: 'NaN' }, 0);
  expect(health.quarantines()).toHaveLength(1);
  expect(health.probeRefused({ ...ONE, workerId: 'w2' }, 'p', 1)).toEqual([]);
});
