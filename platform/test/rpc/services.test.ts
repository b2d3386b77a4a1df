/** Requests of generated encoders, read as the programs' servers read them. */
import { MESSAGE_MAX_PARTS, ModelInferRequest, TeacherReport } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { INFERENCE_SERVICE, SERVICES } from '../../src/rpc/index.js';

test('SERVICES and INFERENCE_SERVICE refuse a request with too many parts', () => {
  const empty = <T>(part: T): T[] => Array(MESSAGE_MAX_PARTS).fill(part);
  const report = TeacherReport.fromPartial({
    report: { $case: 'state', state: { loaded: empty({}) } },
  });
  const question = ModelInferRequest.fromPartial({ inputs: empty({}) });
  const { session } = SERVICES.teacher;
  expect(() => session.requestDeserialize(session.requestSerialize(report))).toThrow('parts');
  const { modelInfer } = INFERENCE_SERVICE;
  expect(() => modelInfer.requestDeserialize(modelInfer.requestSerialize(question))).toThrow(
    'parts',
  );
});
