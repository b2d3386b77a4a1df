/** Frames of a stream of answers, and what the intake stores of them, in each wanted codec. */
import { setImmediate } from 'node:timers/promises';
import { wordMemory } from '@lyceum/learning/codecs';
import { AnswerRecords } from '@lyceum/learning/records';
import { AnswerFrame, float32Tensor, StorageFullError, type Tensor } from '@lyceum/proto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AnswerTableKey } from '../../src/answers/answer-table-key.js';
import { DataThreads } from '../../src/data-plane/data-threads.js';
import { AnswerIntake, type AnswerIntakeParts } from '../../src/tickets/answer-intake.js';
import type { Ask } from '../../src/tickets/asks/ask.js';
import type { TicketDesk } from '../../src/tickets/ticket-desk.js';
import { anAsk, aTaker } from './asks/an-ask.js';

const base = anAsk();

let data: DataThreads;
beforeEach(() => {
  data = new DataThreads(1);
});
afterEach(() => data.close());

/** An intake of answers to `asks`, with lists of its calls. */
function intakeFor(
  asks: readonly Ask[],
  put?: AnswerIntakeParts['put'],
  failureCount: AnswerIntakeParts['failureCount'] = () => 0,
) {
  const stored: { key: AnswerTableKey; samples: number[]; records: Uint32Array }[] = [];
  const [rejected, answered, spent] = [vi.fn(), vi.fn(), vi.fn()];
  const desk = {
    spent,
    book: { find: () => asks, holds: () => true },
    progressed: () => undefined,
    rejected: vi.fn(),
    answered: vi.fn(),
  } as unknown as TicketDesk;
  const intake = new AnswerIntake({
    taker: aTaker('w1'),
    desk,
    data,
    failureCount,
    put:
      put ??
      (async (key, samples, records) => {
        stored.push({ key, samples: [...samples], records: records.slice() });
      }),
    rejected,
    arriving: async () => undefined,
    full: async () => undefined,
    answered,
  });
  return { intake, stored, rejected, answered, spent };
}

const { ticket, samples } = base;
const rowCount = samples.length;
const [table] = base.tables as [AnswerTableKey];

/** A frame of copied rows from `firstRow` on. */
function frame(values: Float32Array, firstRow = 0, count = rowCount): AnswerFrame {
  const rowLength = values.length / rowCount;
  const own = values.slice(firstRow * rowLength, (firstRow + count) * rowLength);
  const tensor = float32Tensor('logits', [count, rowLength], own);
  return { ...AnswerFrame.fromPartial({ ticket, firstRow }), tensors: [tensor] };
}

function rowsOf(rowLength: number): Float32Array {
  return Float32Array.from({ length: rowCount * rowLength }, (_, i) => (i % 100) - 50);
}

function recordsOf(key: AnswerTableKey, rows: Float32Array): Uint32Array {
  const records = new AnswerRecords(key);
  const memory = wordMemory(rowCount * records.wordCount);
  records.encode(samples, rows, memory);
  return memory.words;
}

it('AnswerIntake spends a ticket without an ask after its last row', async () => {
  const { intake, spent } = intakeFor([]);
  const rows = rowsOf(3);
  expect(await intake.take(frame(rows, 0, 1))).toBeUndefined();
  expect(spent).not.toHaveBeenCalled();
  expect(await intake.take(frame(rows, 1, rowCount - 1))).toMatchObject({ wanted: false });
  expect(spent.mock.calls).toEqual([[expect.objectContaining({ workerId: 'w1' }), ticket]]);
});

/** Small rows are encoded on the event loop, large ones in a thread. */
describe.each([3, 50_000])('AnswerIntake with rows of %d values', (rowLength) => {
  const tables = (['float16', 'float32'] as const).map((codec) => ({ ...table, rowLength, codec }));
  const asks: Ask[] = tables.map((key) => ({ ...base, tables: [key] }));

  it("stores answers with their worker's failure count at arrival", async () => {
    let failures = 4;
    const put = vi.fn(async () => undefined);
    const { intake } = intakeFor(asks, put, () => failures);
    const taken = intake.take(frame(rowsOf(rowLength)));
    failures = 5;
    await taken;
    expect(put.mock.calls).toEqual(asks.map(() => [...[1, 2, 3].map(() => expect.anything()), 4]));
  });

  it('stores answers for all asks, each in its codec', async () => {
    const { intake, stored, answered } = intakeFor(asks);
    expect(await intake.take(frame(rowsOf(rowLength)))).toMatchObject({ wanted: true });
    expect(answered).toHaveBeenCalledOnce();
    expect(stored.map(({ key }) => key)).toEqual(tables);
    for (const { key, samples: own, records } of stored) {
      expect(own).toEqual([...samples]);
      const want = recordsOf(key, rowsOf(rowLength));
      expect(Buffer.from(records.buffer).equals(Buffer.from(want.buffer))).toBe(true);
    }
  });

  it.each([
    ['no number', Number.NaN, 'logits row 1 holds NaN'],
    ['more than its codec holds', 1e6, 'a logit is 1000000, and answers in float16'],
  ])('refuses a frame with %s, and stores nothing of it', async (_, value, message) => {
    const { intake, stored, rejected } = intakeFor(asks);
    const rows = rowsOf(rowLength);
    rows[rowLength] = value;
    expect(await intake.take(frame(rows, 0, 1))).toBeUndefined();
    expect(stored).toHaveLength(2);
    await expect(intake.take(frame(rows, 1, rowCount - 1))).rejects.toThrow(message);
    expect(stored).toHaveLength(2);
    expect(rejected).toHaveBeenCalledOnce();
    // The ticket starts again at its first row.
    expect(await intake.take(frame(rowsOf(rowLength)))).toMatchObject({ wanted: true });
  });

  it('gives answers to an ask with receive, and stores them for the others', async () => {
    const receive = vi.fn((_firstRow: number, [values]: readonly Float32Array[]) => {
      expect(values).toHaveLength(rowCount * rowLength);
      expect(values?.[1]).toBe(-49);
    });
    const { intake, stored } = intakeFor([...asks, { ...(asks[0] as Ask), receive }]);
    await intake.take(frame(rowsOf(rowLength)));
    expect(receive).toHaveBeenCalledOnce();
    expect(stored).toHaveLength(2);
  });
});

it('AnswerIntake refuses a tensor with fewer bytes than its shape needs', async () => {
  const asks = [{ ...base, tables: [{ ...table, rowLength: 3 }] }];
  const { intake, stored, rejected } = intakeFor(asks);
  const wrong = frame(rowsOf(3));
  const [tensor] = wrong.tensors as [Tensor];
  const cut = { ...tensor, data: tensor.data.subarray(4) };
  await expect(intake.take({ ...wrong, tensors: [cut] })).rejects.toThrow('needs 48 bytes, got 44');
  expect(rejected).toHaveBeenCalledOnce();
  expect(stored).toEqual([]);
});

it('AnswerIntake releases records only after all tables have written or failed', async () => {
  const tables = ['features', 'logits'].map((name) => ({
    ...table,
    rowLength: 3,
    outputs: [name],
  }));
  const both = { ...ticket, outputs: ['features', 'logits'] };
  let written = () => {};
  const { intake } = intakeFor([{ ...base, ticket: both, tables }], async ({ outputs }) => {
    if (outputs[0] === 'features') throw new StorageFullError('no room');
    await new Promise<void>((resolve) => {
      written = resolve;
    });
  });
  const tensors = ['features', 'logits'].map((name) =>
    float32Tensor(name, [rowCount, 3], rowsOf(3)),
  );
  const released = vi.spyOn(data, 'release');
  const taken = intake.take({ ...AnswerFrame.fromPartial({ ticket: both }), tensors });
  const refused = expect(taken).rejects.toThrow('no room');
  // The intake has noticed the failure by now.
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  expect(released).not.toHaveBeenCalled();
  written();
  await refused;
  expect(released).toHaveBeenCalledOnce();
});
