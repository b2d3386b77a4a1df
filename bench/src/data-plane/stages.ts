/** Processor time of a teacher's value, stage by stage on one thread. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnswerStore } from '@lyceum/coordinator/answers';
import {
  combineRows,
  encodeRows,
  logitsOf as logitsOfStored,
  storedWords,
} from '@lyceum/coordinator/data-plane';
import { wordMemory } from '@lyceum/learning/codecs';
import { combineTargets, disagreements } from '@lyceum/learning/ensemble';
import { AnswerRecords } from '@lyceum/learning/records';
import { createLogger } from '@lyceum/platform';
import { encodeTargetFrame, float32Tensor } from '@lyceum/proto';
import { codecOf, frameRows, logitsOf, PLAN, TEACHER_COUNT, tableOf } from './frames.js';

/** Processor time over which a stage is measured. */
const MEASURED_MS = 400;

/** Frames that fill a table: each sample is answered once. */
const FRAMES_WRITTEN = 64;

export type Stages = Readonly<Record<string, number>>;

/**
 * @returns nanoseconds for a teacher's value, by stage. Work for a target is divided among its teachers' values.
 */
export async function stagesOf(classCount: number): Promise<Stages> {
  const rows = frameRows(classCount);
  const values = rows * classCount;
  const codec = codecOf(classCount);
  const samples = Uint32Array.from({ length: rows }, (_, i) => i);
  const teacherLogits = Array.from({ length: TEACHER_COUNT }, (_, k) =>
    logitsOf(k, rows, classCount),
  );
  const records = new AnswerRecords({ codec, rowLength: classCount });
  const memory = wordMemory(rows * records.wordCount);
  const outputs = [
    { name: 'logits', values: teacherLogits[0] as Float32Array, codecs: [{ codec, memory }] },
  ];
  const encode = () => encodeRows({ samples, firstRow: 0, classCount, outputs });
  const encodeNs = nsEach(values, encode);

  const words = new Uint32Array(rows * storedWords(codec, false, classCount));
  const { writeNs, readNs } = await storeStages(classCount, memory.words, words);
  const stored = { codec, words, isFinal: false, knownClasses: undefined };
  const out = new Float32Array(values);
  const decodeNs = nsEach(values, () => logitsOfStored(stored, classCount, out));

  const answers = { teacherLogits, rowCount: rows, classCount };
  const all = TEACHER_COUNT * values;
  const targets = combineTargets(PLAN, answers);
  const poolNs = nsEach(all, () => combineTargets(PLAN, answers));
  const compareNs = nsEach(all, () => disagreements(PLAN, answers, targets));
  const request = {
    plan: PLAN,
    teachers: Array(TEACHER_COUNT).fill(stored),
    rowCount: rows,
    classCount,
  };
  const combineNs = nsEach(all, () => combineRows(request));
  const soft = float32Tensor('soft', [rows, classCount], targets[0] as Float32Array);
  const frameNs = nsEach(all, () =>
    encodeTargetFrame({ epoch: 0, firstPosition: 0, tensors: [soft], figures: [] }),
  );
  return {
    'check and encode': encodeNs,
    write: writeNs,
    read: readNs,
    decode: decodeNs,
    pool: poolNs,
    compare: compareNs,
    'decode, pool and compare together': combineNs,
    frame: frameNs,
  };
}

/** Measures writing and reading of frames of records, as the answer store's tables do. */
async function storeStages(classCount: number, records: Uint32Array, out: Uint32Array) {
  const rows = frameRows(classCount);
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-stages-'));
  const store = await AnswerStore.open(folder, createLogger({ name: 'stages', level: 'warn' }));
  try {
    const sampleCount = FRAMES_WRITTEN * rows;
    let turn = 0;
    const samplesOf = (frame: number) =>
      Uint32Array.from({ length: rows }, (_, i) => frame * rows + i);
    // In the first pass tables are opened and code is compiled.
    const pass = async (work: (frame: number, turn: number) => Promise<unknown>) => {
      for (let frame = 0; frame < FRAMES_WRITTEN; frame++) await work(frame, turn);
    };
    const values = FRAMES_WRITTEN * rows * classCount;
    const table = (own: number) => tableOf(0, classCount, sampleCount, own);
    const put = (frame: number, own: number) => store.put(table(own), samplesOf(frame), records);
    const read = (frame: number, own: number) => store.readWords(table(own), samplesOf(frame), out);
    await pass(put);
    await pass(read);
    const readNs = await nsOf(values, () => pass(read));
    turn = 1;
    await store.recordCount(table(turn));
    const writeNs = await nsOf(values, () => pass(put));
    return { writeNs, readNs };
  } finally {
    await store.close();
    await rm(folder, { recursive: true });
  }
}

async function nsOf(values: number, work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / values;
}

/** Nanoseconds for a value. @param values - number of values in one call of `work`. */
function nsEach(values: number, work: () => unknown): number {
  for (let warm = 0; warm < 3; warm++) work();
  const before = process.cpuUsage();
  let calls = 0;
  for (;;) {
    work();
    calls++;
    const { user, system } = process.cpuUsage(before);
    if (user + system >= MEASURED_MS * 1000) return ((user + system) * 1000) / (calls * values);
  }
}
