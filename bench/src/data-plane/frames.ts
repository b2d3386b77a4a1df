/** The input of benches of the data plane: three teachers' answers to spans of samples, in frames as they arrive. */
import type { AnswerTableKey } from '@lyceum/coordinator/answers';
import type { AnswerCodec } from '@lyceum/learning/codecs';
import type { TargetPlan } from '@lyceum/learning/ensemble';
import {
  AnswerFrame,
  encodeAnswerFrame,
  FRAME_BYTES,
  float32Tensor,
  sha256Hex,
  Ticket,
} from '@lyceum/proto';

export const TEACHER_COUNT = 3;

/** The codec that `auto` chooses for this number of classes. */
export function codecOf(classCount: number): AnswerCodec {
  return classCount <= 100 ? 'uint8-affine' : 'float16';
}

/** Rows of a frame: 128, as a worker infers them, or fewer if a frame cannot hold them. */
export function frameRows(classCount: number): number {
  return Math.max(1, Math.min(128, Math.floor(FRAME_BYTES / (4 * classCount))));
}

/** Logits [rows, classes] of noise, always the same for a teacher. */
export function logitsOf(teacher: number, rows: number, classCount: number): Float32Array {
  let state = teacher + 1;
  return Float32Array.from({ length: rows * classCount }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state / 2 ** 31) * 10;
  });
}

/** The bytes of a teacher's frame. */
export function frameBytes(teacher: number, classCount: number): Buffer {
  const rows = frameRows(classCount);
  const ticket = Ticket.fromPartial({
    teacherIdentity: Buffer.alloc(32, teacher),
    datasetDigest: Buffer.alloc(32, 9),
    outputs: ['logits'],
    positionCount: rows,
  });
  const tensors = [
    float32Tensor('logits', [rows, classCount], logitsOf(teacher, rows, classCount)),
  ];
  return encodeAnswerFrame({ ...AnswerFrame.fromPartial({ ticket }), tensors });
}

/** The key of a table. @param turn - each turn has a table of its own. */
export function tableOf(
  teacher: number,
  classCount: number,
  sampleCount: number,
  turn: number,
): AnswerTableKey {
  return {
    teacherIdentity: sha256Hex(Buffer.from(`teacher ${teacher}`)),
    datasetDigest: sha256Hex(Buffer.from('a set')),
    view: 'identity',
    viewEpoch: turn,
    outputs: ['logits'],
    codec: codecOf(classCount),
    sampleCount,
    rowLength: classCount,
  };
}

/** The plan of the term `kd` at temperature 4 over the mean of all teachers. */
export const PLAN: TargetPlan = {
  combination: { combine: 'arithmetic' },
  teacherWeights: [1, 1, 1],
  tensors: [
    { kind: 'pooled', name: 'soft', teachers: [0, 1, 2], temperature: 4, standardized: false },
  ],
};
