/**
 * Event files are read back by a separate reader by the description of the format: framing and checksums byte by byte,
 * protobuf field by field. The CRC-32C is checked against the vectors of RFC 3720.
 */
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/files/tfrecord/crc32c.js';
import {
  eventFileName,
  historyScalars,
  type Scalars,
  scalarsRecord,
  startRecords,
} from '../../src/tensorboard/index.js';
import { readEvents } from './read-events.js';

describe('CRC-32C', () => {
  it('has the values of RFC 3720, B.4', () => {
    const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(ascending)).toBe(0x46dd794e);
    expect(crc32c(ascending.toReversed())).toBe(0x113fdb5c);
  });
});

describe('a TensorBoard event file', () => {
  it('starts with its version and a session start that voids later steps of older files', () => {
    expect(readEvents(startRecords(1_700_000_000.5, 501))).toEqual([
      { wallTime: 1_700_000_000.5, step: 0, fileVersion: 'brain.Event:2' },
      { wallTime: 1_700_000_000.5, step: 501, sessionStatus: 1 },
    ]);
  });

  it('holds the scalars of a step', () => {
    const scalars: Scalars = {
      step: 12_345_678_901,
      wallSeconds: 1.25,
      values: [
        ['student/loss', 0.5],
        ['student/gradientNorm', -3e20],
      ],
    };
    expect(readEvents(scalarsRecord(scalars))).toEqual([
      {
        wallTime: 1.25,
        step: 12_345_678_901,
        values: [
          ['student/loss', 0.5],
          ['student/gradientNorm', Math.fround(-3e20)],
        ],
      },
    ]);
  });

  it('holds any names and numbers', () => {
    const draw = generator(7);
    for (let round = 0; round < 300; round++) {
      const values = Array.from(
        { length: draw(4) },
        () => [text(draw), number(draw)] as [string, number],
      );
      const [event] = readEvents(scalarsRecord({ step: draw(2 ** 31), wallSeconds: 1, values }));
      const want = values.map(([tag, value]) => [wellFormed(tag), Math.fround(value)]);
      expect(event?.values ?? []).toEqual(want);
    }
  });

  it('is refused with any wrong bit', () => {
    const bytes = Buffer.from(scalarsRecord({ step: 1, wallSeconds: 1, values: [['a', 1]] }));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const rotten = Buffer.from(bytes);
      rotten[bit >> 3] = (rotten[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => readEvents(rotten)).toThrow();
    }
  });
});

describe('eventFileName', () => {
  it('sorts after the names of older files for any host name', () => {
    const names = [
      eventFileName(999_999_999, 3, 'z', 9),
      eventFileName(1_700_000_000.9, 2, 'z/../b.c', 12),
      eventFileName(1_700_000_000.9, 10, 'a', 1),
      eventFileName(1_700_000_001, 1, 'a', 1),
    ];
    expect(names.toSorted()).toEqual(names);
    expect(names[1]).toBe('events.out.tfevents.1700000000.000002.z----b-c.12');
  });
});

describe('historyScalars', () => {
  it('are the means at the last step of each point, without unknown values', () => {
    const history = {
      columns: [
        ...['loss', 'samples', 'seconds', 'waitingSeconds', 'objective[0].kd', 'storeShare'],
        'teacher.a.b.share',
      ],
      points: [
        { firstStep: 0, endStep: 10, means: [2, 64, 0.5, 0.25, 1.5, Number.NaN, 1] },
        { firstStep: 10, endStep: 15, means: [1, 64, Number.NaN, Number.NaN, 0.5, 0.75, 1] },
      ],
    };
    expect(historyScalars(history, 1000)).toEqual([
      {
        step: 10,
        wallSeconds: 1005,
        values: [
          ['student/loss', 2],
          ['student/objective[0].kd', 1.5],
          ['teachers.share/a.b', 1],
          ['student/samplesPerSecond', 128],
          ['student/waitingShare', 0.5],
        ],
      },
      {
        step: 15,
        wallSeconds: 1005,
        values: [
          ['student/loss', 1],
          ['student/objective[0].kd', 0.5],
          ['targets/storeShare', 0.75],
          ['teachers.share/a.b', 1],
        ],
      },
    ]);
  });
});

/** Reproducible pseudo-random numbers below a bound. */
function generator(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

function text(draw: (bound: number) => number): string {
  const units = Array.from({ length: draw(40) }, () => draw(2 ** (1 + draw(16))));
  return String.fromCharCode(...units);
}

function number(draw: (bound: number) => number): number {
  const odd = [0, Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e-300, Number.MAX_VALUE];
  return draw(3) === 0 ? (odd[draw(odd.length)] as number) : (draw(2 ** 30) - 2 ** 29) / 1000;
}

/** Replaces lone surrogates, which UTF-8 cannot hold. */
function wellFormed(tag: string): string {
  return Buffer.from(tag).toString();
}
