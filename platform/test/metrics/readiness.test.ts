/** The probe's answer, from the program's start to its stop. */
import { expect, it } from 'vitest';
import { Readiness } from '../../src/metrics/index.js';

it('says what a program waits for, until it is ready; from then on what it lacks at the moment', () => {
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

it('says from the moment that the program stops that it does', () => {
  const stopping = new AbortController();
  const readiness = new Readiness(stopping.signal);
  readiness.ready(() => undefined);
  expect(readiness.lack()).toBeUndefined();
  stopping.abort();
  expect(readiness.lack()).toBe('stopping');
});
