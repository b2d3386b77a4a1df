// The real machines keep every promise, and each machine with a deliberate fault is detected, within schedules that
// follow from the seed. A simulator that finds nothing in faulty machines would prove nothing.
import { describe, expect, it, test, vi } from 'vitest';
import { playSchedule } from '../src/simulate/play-schedule.js';
import { simulate } from '../src/simulate/simulate.js';
import { ASK_FAULTS } from './simulate/faulty-asks.js';
import { FLOW_FAULTS } from './simulate/faulty-flows.js';
import { HEALTH_FAULTS } from './simulate/faulty-health.js';
import { SCHEDULE_FAULTS } from './simulate/faulty-schedules.js';
import { TICKET_FAULTS } from './simulate/faulty-tickets.js';

const FAULTS = [
  ...TICKET_FAULTS,
  ...ASK_FAULTS,
  ...SCHEDULE_FAULTS,
  ...FLOW_FAULTS,
  ...HEALTH_FAULTS,
];
const SEED = 5;
/** Every fault is found within this number of schedules. */
const FAULT_SCHEDULES = 5_000;

// The rarest fault takes thousands of schedules.
vi.setConfig({ testTimeout: 180_000 });

const stopped = () => 0;

test('simulate finds no violation in the real machines', () => {
  for (const seed of [1, 2, 3]) {
    const { violation } = simulate({ seed, schedules: 1_000 }, stopped);
    expect(violation).toBeUndefined();
  }
});

test('a schedule depends only on its seed and its number', () => {
  const [, machines] = FAULTS[0] ?? [];
  const found = simulate({ seed: SEED, schedules: FAULT_SCHEDULES }, stopped, machines);
  expect(found.violation?.trace.length).toBeGreaterThan(1);
  expect(simulate({ seed: SEED, schedules: FAULT_SCHEDULES }, stopped, machines)).toEqual(found);
  const trace = (seed: number, number: number) => playSchedule(seed, number, undefined, true).trace;
  expect(trace(7, 12)).toEqual(trace(7, 12));
  expect(trace(7, 12)).not.toEqual(trace(8, 12));
  expect(trace(7, 12)).not.toEqual(trace(7, 13));
});

describe('simulate finds a violation when', () => {
  it.each(FAULTS)('%s', (_, machines) => {
    const { violation } = simulate({ seed: SEED, schedules: FAULT_SCHEDULES }, stopped, machines);
    expect(violation).toBeDefined();
  });
});
