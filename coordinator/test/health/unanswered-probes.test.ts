/** Which failures of probes are remembered, and until when. */
import { expect, it } from 'vitest';
import { UnansweredProbes } from '../../src/health/unanswered-probes.js';

function probes(): UnansweredProbes {
  const unanswered = new UnansweredProbes();
  unanswered.refused('p', 'w1', 'wrong shape');
  unanswered.unreadable('q', 'w1', 'no such file');
  unanswered.unreadable('q', 'w2', 'no such folder');
  return unanswered;
}

it("UnansweredProbes gives a server's refusal to all, and an unreadable set only to its worker", () => {
  const unanswered = probes();
  expect(unanswered.refusalOf('p')).toBe('w1: wrong shape');
  expect(unanswered.unreadableTo('q', 'w1')).toBe('no such file');
  expect(unanswered.unreadableTo('q', 'w3')).toBeUndefined();
});

it("UnansweredProbes forgets one worker's failure when it is settled or the worker is forgotten", () => {
  const unanswered = probes();
  unanswered.settled('q', 'w1');
  expect(unanswered.unreadableTo('q', 'w1')).toBeUndefined();
  expect(unanswered.unreadableTo('q', 'w2')).toBe('no such folder');
  unanswered.forgetWorker('w2');
  expect(unanswered.unreadableTo('q', 'w2')).toBeUndefined();
});

it('UnansweredProbes.forget is true once a probe, and retain forgets all other probes', () => {
  const unanswered = probes();
  expect(unanswered.forget('q')).toBe(true);
  expect(unanswered.forget('q')).toBe(false);
  unanswered.retain(new Set(['q']));
  expect(unanswered.refusalOf('p')).toBeUndefined();
});
