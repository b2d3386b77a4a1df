/** What is remembered of probes that nobody answered, and until when. */
import { expect, it } from 'vitest';
import { UnansweredProbes } from '../../src/health/unanswered-probes.js';

function probes(): UnansweredProbes {
  const unanswered = new UnansweredProbes();
  unanswered.refused('p', 'w1', 'wrong shape');
  unanswered.unreadable('q', 'w1', 'no such file');
  unanswered.unreadable('q', 'w2', 'no such folder');
  return unanswered;
}

it('tells a server’s refusal with the worker that asked, and a worker’s trouble to itself alone', () => {
  const unanswered = probes();
  expect(unanswered.refusalOf('p')).toBe('w1: wrong shape');
  expect(unanswered.unreadableTo('q', 'w1')).toBe('no such file');
  expect(unanswered.unreadableTo('q', 'w3')).toBeUndefined();
});

it('forgets what a worker has settled, and keeps what others say', () => {
  const unanswered = probes();
  unanswered.settled('q', 'w1');
  expect(unanswered.unreadableTo('q', 'w1')).toBeUndefined();
  expect(unanswered.unreadableTo('q', 'w2')).toBe('no such folder');
  unanswered.forgetWorker('w2');
  expect(unanswered.unreadableTo('q', 'w2')).toBeUndefined();
});

it('has something to ask again once, and only where something was said', () => {
  const unanswered = probes();
  expect(unanswered.forget('q')).toBe(true);
  expect(unanswered.forget('q')).toBe(false);
  unanswered.retain(new Set(['q']));
  expect(unanswered.refusalOf('p')).toBeUndefined();
});
