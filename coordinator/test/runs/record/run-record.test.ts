// The record of a queued run, also with a teacher that knows very many classes.
import { RUN_RECORD_MAX_BYTES } from '@lyceum/proto';
import { expect, test } from 'vitest';
import type { PinnedTeacher } from '../../../src/runs/record/pinned-teacher.js';
import { requireStorable, runRecordText } from '../../../src/runs/record/run-record.js';
import { queued } from '../queued-run.js';

test('requireStorable refuses a record above RUN_RECORD_MAX_BYTES, naming its size', () => {
  const record = queued();
  expect(() => requireStorable(record)).not.toThrow();
  const knownClasses = Array.from({ length: 100_000 }, (_, c) => c);
  const teacher = { name: 'wide', knownClasses } as unknown as PinnedTeacher;
  const large = { ...record, teachers: [teacher] };
  const bytes = Buffer.byteLength(runRecordText(large));
  expect(bytes).toBeGreaterThan(RUN_RECORD_MAX_BYTES);
  expect(() => requireStorable(large)).toThrow(
    `run ${record.runId} cannot be used:\n  - has a record of ${bytes} bytes; at most ${RUN_RECORD_MAX_BYTES} are stored`,
  );
});
