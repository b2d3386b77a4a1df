/** The coordinator's data plane without the network: takes recorded frames, and makes frames of targets. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnswerStore } from '@lyceum/coordinator/answers';
import { DataThreads, storedWords } from '@lyceum/coordinator/data-plane';
import type { WordMemory } from '@lyceum/learning/codecs';
import { createLogger } from '@lyceum/platform';
import { decodeAnswerFrame, encodeTargetFrame, float32Tensor, float32Values } from '@lyceum/proto';
import { threadCpuSeconds } from '../measuring/index.js';
import { codecOf, frameBytes, frameRows, PLAN, TEACHER_COUNT, tableOf } from './frames.js';

/** Spans in work at the same time: enough for each thread to have its next one. */
const UNDER_WAY = 6;

/** Teachers' values in one replay. */
const REPLAYED_VALUES = 60_000_000;

export interface Replayed {
  readonly valuesPerSecond: number;
  /** Processor time of the whole process. */
  readonly cpuNsPerValue: number;
  /** Processor time of the event loop's thread. */
  readonly loopNsPerValue: number;
  /** Processor time of all data threads together, while they worked. */
  readonly threadsNsPerValue: number;
}

export async function replay(classCount: number, threadCount: number): Promise<Replayed> {
  const rows = frameRows(classCount);
  const spans = Math.ceil(REPLAYED_VALUES / (TEACHER_COUNT * rows * classCount));
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-replay-'));
  const log = createLogger({ name: 'replay', level: 'warn' });
  const store = await AnswerStore.open(folder, log);
  const threads = new DataThreads(threadCount);
  const frames = Array.from({ length: TEACHER_COUNT }, (_, k) => frameBytes(k, classCount));
  const span = spanReplay({ store, threads, frames, classCount, sampleCount: spans * rows });
  try {
    // Warm-up: threads start, tables are opened, and code is compiled.
    for (let warm = 0; warm < UNDER_WAY; warm++)
      await Promise.all([span(warm, 0), span(warm + UNDER_WAY, 0)]);
    const cpu = process.cpuUsage();
    const loopSeconds = await threadCpuSeconds(process.pid);
    const { busyMs } = threads;
    const start = performance.now();
    let next = 0;
    const lane = async () => {
      while (next < spans) await span(next++, 1);
    };
    await Promise.all(Array.from({ length: UNDER_WAY }, lane));
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const values = spans * TEACHER_COUNT * rows * classCount;
    return {
      valuesPerSecond: values / seconds,
      cpuNsPerValue: ((user + system) * 1000) / values,
      loopNsPerValue: ((await threadCpuSeconds(process.pid)) - loopSeconds) * (1e9 / values),
      threadsNsPerValue: ((threads.busyMs - busyMs) * 1e6) / values,
    };
  } finally {
    await threads.close();
    await store.close();
    await rm(folder, { recursive: true });
  }
}

interface SpanParts {
  readonly store: AnswerStore;
  readonly threads: DataThreads;
  readonly frames: readonly Buffer[];
  readonly classCount: number;
  readonly sampleCount: number;
}

/** @returns a function that processes one span: each teacher's frame, and the targets made of the frames. */
function spanReplay({ store, threads, frames, classCount, sampleCount }: SpanParts) {
  const rows = frameRows(classCount);
  const codec = codecOf(classCount);
  const rowWords = storedWords(codec, false, classCount);
  const spare: Uint32Array[] = [];
  const room = () => spare.pop() ?? new Uint32Array(new SharedArrayBuffer(4 * rows * rowWords));
  return async (index: number, turn: number) => {
    const samples = Uint32Array.from({ length: rows }, (_, i) => (index * rows + i) % sampleCount);
    const words = await Promise.all(
      frames.map(async (bytes, k) => {
        // `concat` copies, as grpc-js copies the chunks of a message.
        const frame = decodeAnswerFrame(Buffer.concat([bytes]));
        const outputs = frame.tensors.map((tensor) => ({
          name: tensor.name,
          values: float32Values(tensor),
          codecs: [codec],
        }));
        const answer = { samples, firstRow: 0, classCount, outputs, mayTake: true };
        const records = await threads.encode(answer);
        const table = tableOf(k, classCount, sampleCount, turn);
        const [[memory]] = records as [[WordMemory]];
        await store.put(table, samples, memory.words);
        threads.release(records);
        const read = room();
        await store.readWords(table, samples, read);
        return read;
      }),
    );
    const teachers = words.map((own) => ({
      codec,
      words: own,
      isFinal: false,
      knownClasses: undefined,
    }));
    const { tensors } = await threads.combine({ plan: PLAN, teachers, rowCount: rows, classCount });
    spare.push(...words);
    const soft = float32Tensor('soft', [rows, classCount], tensors[0] as Float32Array);
    encodeTargetFrame({ epoch: 0, firstPosition: 0, tensors: [soft], figures: [] });
  };
}
