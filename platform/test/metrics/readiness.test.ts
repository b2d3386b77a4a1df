/** The probe's answer, from the program's start to its stop. */
import { expect, it } from 'vitest';
import { Readiness } from '../../src/metrics/index.js';

it('Readiness.lack says what a program waits for until it is ready, and then what it lacks', () => {
  const readiness = new Readiness();
  expect(readiness.lack()).toBe('starting');
  readiness.waitsFor('waiting until it leads');
  expect(readiness.lack()).toBe('waiting until it leads');
  let isConnected = true;
  readiness.ready(() => (isConnected ? undefined : 'not connected to NATS'));
  expect(readiness.lack()).toBeUndefined();
  isConnected = false;
  expect(readiness.lack()).toBe('not connected to NATS');
});

it('Readiness.lack says that the program is stopping once its signal is aborted', () => {
  const stopping = new AbortController();
  const readiness = new Readiness(stopping.signal);
  readiness.ready(() => undefined);
  expect(readiness.lack()).toBeUndefined();
  stopping.abort();
  expect(readiness.lack()).toBe('stopping');
});
