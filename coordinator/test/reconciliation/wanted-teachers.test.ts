/** What workers are told of teachers that several runs share, written out by hand. */
import { digestHex } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import { wantedTeachers } from '../../src/reconciliation/wanted-teachers.js';
import type { PinnedTeacher } from '../../src/runs/run-record.js';

const digest = (byte: string) => byte.repeat(32);

function teacher(name: string, identity: string, access: PinnedTeacher['access']): PinnedTeacher {
  return {
    name,
    identity,
    modelDigest: digest('aa'),
    settingsJson: '{}',
    engine: 'tfjs',
    access,
  } as PinnedTeacher;
}

describe('teachers that are needed', () => {
  it('are told once each, with all their names and all sets that they are asked about', () => {
    const wide = digest('01');
    const lenet = digest('02');
    const digits = { digest: digest('d1') };
    const fashion = { digest: digest('d2'), path: '/mnt/fashion.npz' };
    const wanted = wantedTeachers([
      {
        dataset: digits,
        teachers: [teacher('wide', wide, 'white'), teacher('lenet', lenet, 'white')],
      },
      { dataset: fashion, teachers: [teacher('broad', wide, 'white')] },
      { dataset: digits, teachers: [teacher('wide', wide, 'white')] },
    ]);
    expect([...wanted.keys()]).toEqual([wide, lenet]);
    const told = wanted.get(wide);
    expect(told?.names).toEqual(['wide', 'broad']);
    expect(told?.datasets.map((set) => [digestHex(set.digest), set.path])).toEqual([
      [digits.digest, ''],
      [fashion.digest, fashion.path],
    ]);
  });

  it('may give their logits of a set if any run may have them', () => {
    const one = digest('01');
    const dataset = { digest: digest('d1') };
    const accessOf = (...order: PinnedTeacher['access'][]) =>
      wantedTeachers(order.map((access) => ({ dataset, teachers: [teacher('t', one, access)] })))
        .get(one)
        ?.sets.map(({ access }) => access);
    expect(accessOf('black', 'black')).toEqual(['black']);
    expect(accessOf('black', 'white')).toEqual(['white']);
    expect(accessOf('white', 'black')).toEqual(['white']);
  });
});
