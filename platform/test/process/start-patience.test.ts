// Plain numbers for the clock, processor time and the log; one look at this process' own time.
import { expect, test } from 'vitest';
import { processorMsOf, StartPatience } from '../../src/process/start-patience.js';

const MAX_MS = 10_000;

test('StartPatience keeps waiting for a program that computes slowly', () => {
  const patience = new StartPatience(0, { processorMs: 0, logBytes: 0 }, MAX_MS);
  for (let second = 1; second <= 3600; second++) {
    const signs = { processorMs: second * 50, logBytes: 0 };
    expect(patience.isOver(second * 1000, signs)).toBe(false);
  }
});

test('StartPatience waits anew from the last output of the log', () => {
  const patience = new StartPatience(0, { processorMs: 0, logBytes: 7 }, MAX_MS);
  expect(patience.isOver(9_999, { processorMs: 0, logBytes: 8 })).toBe(false);
  expect(patience.isOver(19_998, { processorMs: 0, logBytes: 8 })).toBe(false);
  expect(patience.isOver(19_999, { processorMs: 0, logBytes: 8 })).toBe(true);
});

test('StartPatience gives up on a program that takes only 200 ms of processor time in 10 s', () => {
  const patience = new StartPatience(0, { processorMs: 900, logBytes: 7 }, MAX_MS);
  expect(patience.isOver(5_000, { processorMs: 1_000, logBytes: 7 })).toBe(false);
  expect(patience.isOver(10_000, { processorMs: 1_100, logBytes: 7 })).toBe(true);
});

test('processorMsOf rises as a process computes', () => {
  const before = processorMsOf(process.pid);
  const { user, system } = process.cpuUsage();
  for (let now = { user, system }; now.user - user < 200_000; ) now = process.cpuUsage();
  expect(processorMsOf(process.pid) - before).toBeGreaterThanOrEqual(150);
  expect(processorMsOf(0)).toBe(0);
});
