// Reports of the connected workers about a teacher, and whether waiting for them is of use.
import { describe, expect, it } from 'vitest';
import { hopelessTeacher, type TeacherChance } from '../../src/placement/hopeless-teacher.js';

const fine = (workerId: string): TeacherChance => ({ workerId, isTold: true });
const other = (workerId: string): TeacherChance => ({ workerId, isTold: false });
const barred = (workerId: string): TeacherChance => ({
  workerId,
  isTold: false,
  quarantine: 'it says NaN',
});
const setless = (workerId: string, reason: string): TeacherChance => ({
  workerId,
  isTold: true,
  failure: { reason, permanent: true, unreadable: true },
});
const failed = (workerId: string, permanent: boolean): TeacherChance => ({
  workerId,
  isTold: true,
  failure: { reason: 'push it again', permanent },
});

describe('hopelessTeacher is undefined', () => {
  it.each<[string, TeacherChance[]]>([
    ['while no worker is connected', []],
    ['while a worker is fine', [failed('a', true), fine('b')]],
    ['while a worker may load it by itself later', [failed('a', true), failed('b', false)]],
    ['while a worker is not quarantined', [barred('a'), other('b')]],
    ['while no worker was told to load it', [other('a')]],
  ])('%s', (_, workers) => {
    expect(hopelessTeacher('one', workers)).toBeUndefined();
  });
});

describe('hopelessTeacher gives the reason', () => {
  it.each<[string, TeacherChance[], string]>([
    [
      'once every worker is quarantined',
      [barred('a'), barred('b')],
      'teacher one is quarantined on every worker (a: it says NaN; b: it says NaN); see coordinator workers',
    ],
    [
      'once every worker that was told failed for good',
      [failed('a', true), failed('b', true), other('c')],
      'teacher one cannot be loaded (a: push it again; b: push it again)',
    ],
    [
      'once those that are not quarantined failed for good',
      [barred('a'), failed('b', true)],
      'teacher one cannot be loaded (b: push it again)',
    ],
    [
      'once nobody can read the set, which is nothing against the teacher',
      [setless('a', 'x.tar: gone'), setless('b', 'x.tar: refused')],
      'the data set cannot be read (a: x.tar: gone; b: x.tar: refused)',
    ],
    [
      'once one cannot read the set, and another cannot load it',
      [setless('a', 'x.tar: gone'), failed('b', true)],
      'teacher one cannot be loaded (a: x.tar: gone; b: push it again)',
    ],
  ])('%s', (_, workers, reason) => {
    expect(hopelessTeacher('one', workers)).toBe(reason);
  });
});
