import { StudentHello } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { StudentSession } from '../../src/sessions/index.js';

test('StudentSession.picturesAwaited belongs to the assignment that the worker reported', () => {
  const session = new StudentSession(
    StudentHello.fromPartial({ workerId: 'w' }),
    0,
    async () => {},
  );
  const picturesAwaited = 's3://sets/a.tar: no answer within 30 s';
  expect(session.picturesAwaited({ runId: 'run', assignmentEpoch: 2 })).toBeUndefined();
  session.report({ revision: 1, runId: 'run', assignmentEpoch: 2, picturesAwaited });
  expect(session.picturesAwaited({ runId: 'run', assignmentEpoch: 2 })).toBe(picturesAwaited);
  expect(session.picturesAwaited({ runId: 'run', assignmentEpoch: 3 })).toBeUndefined();
  expect(session.picturesAwaited({ runId: 'other', assignmentEpoch: 2 })).toBeUndefined();
});
