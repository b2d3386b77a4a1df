/**
 * What fixes the values of a table of answers: one table, one file. An answer is a pure function of its
 * table's key and its sample.
 */
import { sha256Hex } from '@lyceum/proto';

/** How payloads are encoded. More will follow; each is a table of its own. */
export type AnswerCodec = 'float32';

export interface AnswerTableKey {
  /** SHA-256, hex, as is the data set's digest. */
  readonly teacherIdentity: string;
  readonly datasetDigest: string;
  /** Canonical text of the view, and the epoch modulo its cycle. */
  readonly view: string;
  readonly viewEpoch: number;
  /** Names of the tensors, sorted. */
  readonly outputs: readonly string[];
  readonly codec: AnswerCodec;
  /** Samples of the data set: rows are addressed by sample, whatever its split. */
  readonly sampleCount: number;
  /** Numbers in one answer. */
  readonly rowLength: number;
}

/** The key's canonical text: equal for equal keys. It is the file's header. */
export function tableKeyText(key: AnswerTableKey): string {
  return JSON.stringify([
    key.teacherIdentity,
    key.datasetDigest,
    key.view,
    key.viewEpoch,
    key.outputs,
    key.codec,
    key.sampleCount,
    key.rowLength,
  ]);
}

export function tableFileName(key: AnswerTableKey): string {
  return `${sha256Hex(tableKeyText(key)).slice(0, 32)}.answers`;
}
