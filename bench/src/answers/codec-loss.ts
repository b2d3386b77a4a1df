/** What a codec costs and saves, measured on given logits. Pure. */
import { logSoftmaxRows } from '@lyceum/learning/arrays';
import { type AnswerCodec, rowCodec, throughCodec } from '@lyceum/learning/codecs';
import { klDivergence } from '@lyceum/learning/ensemble';

export interface CodecLoss {
  readonly codec: AnswerCodec;
  /**
   * `bytes`: of one sample as the codec writes it; `storedBytes`: as stored, with the sample's index and a checksum.
   */
  readonly bytes: number;
  readonly storedBytes: number;
  /** Mean KL(exact ‖ decoded) in nats at temperature 1 and 4. */
  readonly klAt1: number;
  readonly klAt4: number;
}

const RECORD_OVERHEAD_BYTES = 8;

export function codecLoss(codec: AnswerCodec, logits: Float32Array, classCount: number): CodecLoss {
  const rowCount = logits.length / classCount;
  const { byteCount, wordCount } = rowCodec(codec, classCount);
  const decoded = throughCodec(codec, logits, rowCount, classCount);
  const at = (temperature: number): number => {
    const tempered = (values: Float32Array) => Float64Array.from(values, (v) => v / temperature);
    return klDivergence(tempered(logits), tempered(decoded), rowCount, classCount);
  };
  return {
    codec,
    bytes: byteCount,
    storedBytes: 4 * wordCount + RECORD_OVERHEAD_BYTES,
    klAt1: at(1),
    klAt4: at(4),
  };
}

/** Mean probability of a row's ten greatest classes together, at temperature 1. */
export function topTenMass(logits: Float32Array, classCount: number): number {
  const rowCount = logits.length / classCount;
  const logs = logSoftmaxRows(logits, rowCount, classCount);
  let sum = 0;
  for (let row = 0; row < rowCount; row++) {
    const own = logs
      .subarray(row * classCount, (row + 1) * classCount)
      .slice()
      .sort();
    for (const log of own.subarray(-10)) sum += Math.exp(log);
  }
  return sum / rowCount;
}
