/** What a run has paid for in canaries, with a store of one run that is deleted and submitted again. */
import { expect, it } from 'vitest';
import { ReplicaHealth } from '../../src/health/replicas/index.js';
import { TeacherCanaries, type TeacherCanariesParts } from '../../src/health/teacher-canaries.js';
import type { RunRecord } from '../../src/runs/index.js';
import { ANNA } from '../reconciliation/a-suspect-run.js';

it('TeacherCanaries does not count what a deleted run of the same id has paid', () => {
  const teacher = { name: 'anna', identity: ANNA };
  const record = {
    runId: 'run',
    teachers: [teacher],
    specification: { kind: 'Distillation', spec: { teacherHealth: {} } },
  } as unknown as RunRecord;
  let stored: RunRecord | undefined = record;
  let changed = (_runId: string): void => {};
  const store = {
    get: () => stored,
    onChange: (listener: typeof changed) => {
      changed = listener;
    },
  };
  const { canaries } = new ReplicaHealth<never>([]);
  const parts = { store, now: () => 0 } as unknown as TeacherCanariesParts;
  const paid = new TeacherCanaries(parts, canaries as never, () => {});
  canaries.budgets.price(ANNA, 100);
  paid.pay(ANNA, ['run']);
  canaries.budgets.spend(ANNA, 0);
  changed('run');
  expect(paid.paidSamples(record, teacher as never)).toBe(100);
  stored = undefined;
  changed('run');
  stored = record;
  expect(paid.paidSamples(record, teacher as never)).toBe(0);
});
