/** Loaded and wanted teachers are written by hand, and so is the step that must follow. */
import { expect, it } from 'vitest';
import {
  type HeldTeacher,
  nextStep,
  untilNextRetryMs,
  type WantedTeacher,
} from '../../src/session/decision.js';

function wanted(identity: string, ...digests: string[]): WantedTeacher {
  return {
    identity,
    modelDigest: `model of ${identity}`,
    settingsJson: '{}',
    engine: 'tfjs-layers',
    names: [],
    stream: 'tickets',
    consumer: `queue of ${identity}`,
    datasets: digests.map((digest) => ({ digest, path: undefined })),
    ticketsInHand: 2,
    probes: [],
  };
}

function loaded(ticketsInHand: number, ...digests: string[]): HeldTeacher {
  return { status: 'loaded', ticketsInHand, datasets: new Set(digests) };
}

it('nextStep is undefined when all wanted teachers are loaded', () => {
  expect(nextStep([wanted('a', 'set')], new Map([['a', loaded(1, 'set')]]), 0)).toBeUndefined();
});

it('nextStep unloads an unwanted teacher before it loads another', () => {
  const held = new Map([['old', loaded(0)]]);
  expect(nextStep([wanted('new')], held, 0)).toEqual({ action: 'unload', identity: 'old' });
});

it('nextStep keeps an unwanted teacher with tickets in hand, and loads others meanwhile', () => {
  const held = new Map([['old', loaded(1)]]);
  expect(nextStep([wanted('new')], held, 0)).toMatchObject({ action: 'load' });
  expect(nextStep([], held, 0)).toBeUndefined();
});

it('nextStep loads in the order of the assignment', () => {
  const step = nextStep([wanted('b'), wanted('a')], new Map(), 0);
  expect(step).toMatchObject({ action: 'load', teacher: { identity: 'b' } });
});

it('nextStep prepares a loaded teacher for the sets that are new to it', () => {
  const step = nextStep([wanted('a', 'old', 'new')], new Map([['a', loaded(2, 'old')]]), 0);
  expect(step).toMatchObject({ action: 'prepare', datasets: [{ digest: 'new' }] });
});

it('nextStep tries a failed teacher again when it is due, and not before', () => {
  const held = new Map<string, HeldTeacher>([['a', { status: 'failed', retryAtMs: 100 }]]);
  expect(nextStep([wanted('a')], held, 99)).toBeUndefined();
  expect(untilNextRetryMs([wanted('a')], held, 99)).toBe(1);
  expect(nextStep([wanted('a')], held, 100)).toMatchObject({ action: 'load' });
});

it('nextStep loads the next teacher while a failed one waits', () => {
  const held = new Map<string, HeldTeacher>([['a', { status: 'failed', retryAtMs: 100 }]]);
  expect(nextStep([wanted('a'), wanted('b')], held, 0)).toMatchObject({
    action: 'load',
    teacher: { identity: 'b' },
  });
});

it('nextStep does not retry a permanently failed teacher, and unloads it once it is unwanted', () => {
  const held = new Map<string, HeldTeacher>([['a', { status: 'failed', retryAtMs: Infinity }]]);
  expect(nextStep([wanted('a')], held, 1e12)).toBeUndefined();
  expect(untilNextRetryMs([wanted('a')], held, 0)).toBeUndefined();
  expect(nextStep([], held, 0)).toEqual({ action: 'unload', identity: 'a' });
});
