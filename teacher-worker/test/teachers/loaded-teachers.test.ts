/** Loaded teachers over a stand-in compute side, whose threads may end. */
import { LyceumError } from '@lyceum/proto';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TeacherDescription } from '../../src/compute/engine/index.js';
import type { WantedTeacher } from '../../src/session/index.js';
import { LoadedTeachers, type LoadedTeachersOptions } from '../../src/teachers/loaded-teachers.js';

const waiting = { timeout: 120_000, interval: 5 };
const description: TeacherDescription = {
  classCount: 2,
  parameterCount: 1,
  weightBytes: 1,
  latencyBatch1Ms: 0,
};
const wanted: WantedTeacher = {
  identity: 'a',
  modelDigest: 'model',
  settingsJson: '{}',
  engine: 'open-inference',
  names: [],
  stream: 'tickets',
  consumer: 'a',
  datasets: [],
  ticketsInHand: 1,
  probes: [],
};

/** Counted by hand: a spy would handle the rejection. */
let unloadCount: number;
let nowMs: number;
const unload = async (): Promise<void> => {
  unloadCount++;
  throw new LyceumError('CANCELLED', 'a thread was closed');
};
let unhandled: unknown[];
const note = (reason: unknown) => void unhandled.push(reason);
let others: NodeJS.UnhandledRejectionListener[];

// Without this, Vitest would end the run.
beforeEach(() => {
  unhandled = [];
  others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', note);
  unloadCount = 0;
  nowMs = 0;
});

afterEach(() => {
  process.off('unhandledRejection', note);
  for (const other of others) process.on('unhandledRejection', other);
});

async function loaded(
  changes: object = {},
  log = pino({ level: 'silent' }),
): Promise<LoadedTeachers> {
  const compute = {
    follow() {},
    load: async () => description,
    keepDatasets: async () => {},
    unload,
    ...changes,
  };
  const options = {
    compute,
    cache: { file: async () => 'model.zip' },
    pictures: {
      keepSets() {},
      open: async () => {},
      heldFirst: async (file: object) => ({ file, release() {} }),
    },
    budgetBytes: 10,
    gpuUsedBytes: async () => undefined,
    ticketsInHand: () => 0,
    changed() {},
    nowMs: () => nowMs,
    random: () => 0,
    log,
  };
  const teachers = new LoadedTeachers(options as unknown as LoadedTeachersOptions);
  teachers.follow([wanted]);
  await vi.waitFor(() => expect([...teachers.loaded.keys()]).toEqual(['a']), waiting);
  return teachers;
}

/** Waits long enough for Node to report an unhandled rejection. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

test('LoadedTeachers unloads an unwanted teacher; a failed unload is no unhandled rejection', async () => {
  const teachers = await loaded();
  teachers.follow([]);
  await vi.waitFor(() => expect(unloadCount).toBe(1), waiting);
  await turn();
  expect(unhandled).toEqual([]);
});

test('LoadedTeachers unloads a teacher that failed to answer, without an unhandled rejection', async () => {
  const teachers = await loaded();
  teachers.failedToAnswer('a', new LyceumError('CANCELLED', 'a thread was closed'));
  expect(teachers.failed.get('a')).toMatchObject({ reason: 'a thread was closed' });
  await turn();
  teachers.stop();
  expect(unloadCount).toBe(1);
  expect(unhandled).toEqual([]);
});

test('LoadedTeachers loads a teacher that becomes wanted in any turn of its last step', async () => {
  for (let turns = 0; turns < 12; turns++) {
    let isLast = false;
    let teachers: LoadedTeachers | undefined;
    const late = async () => {
      for (let turn = 0; turn < turns; turn++) await undefined;
      teachers?.follow([wanted, { ...wanted, identity: 'b' }]);
    };
    teachers = await loaded({
      keepDatasets: async () => {
        if (isLast) void late();
        isLast = false;
      },
    });
    await turn();
    isLast = true;
    teachers.proceed();
    const two = () =>
      expect([turns, ...(teachers?.loaded.keys() ?? [])]).toEqual([turns, 'a', 'b']);
    await vi.waitFor(two, { timeout: 5_000, interval: 5 });
    teachers.stop();
  }
});

test('LoadedTeachers loads a teacher again that fails to answer while a set is prepared for it', async () => {
  let loadCount = 0;
  let isPrepared = (): void => {};
  const prepared = new Promise<void>((resolve) => {
    isPrepared = resolve;
  });
  let isPreparing = false;
  const teachers = await loaded({
    load: async () => {
      loadCount++;
      return description;
    },
    prepare: () => {
      isPreparing = true;
      return prepared;
    },
    unload: async () => {},
  });
  teachers.follow([{ ...wanted, datasets: [{ digest: 'set', path: undefined }] }]);
  await vi.waitFor(() => expect(isPreparing).toBe(true), waiting);
  teachers.failedToAnswer('a', new LyceumError('UNAVAILABLE', 'the server is away'));
  isPrepared();
  nowMs = 60_000;
  await vi.waitFor(() => expect(loadCount).toBe(2), waiting);
  expect([...teachers.loaded.keys()]).toEqual(['a']);
  teachers.stop();
});

test('LoadedTeachers warns of a load that takes a minute, and not of one that has ended', async () => {
  const lines: unknown[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => void lines.push(JSON.parse(line)) });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    let open: ((opened: TeacherDescription) => void) | undefined;
    const load = ({ identity }: { identity: string }) =>
      identity === 'a'
        ? Promise.resolve(description)
        : new Promise<TeacherDescription>((resolve) => {
            open = resolve;
          });
    const teachers = await loaded({ load }, log);
    teachers.follow([wanted, { ...wanted, identity: 'b' }]);
    await vi.waitFor(() => expect(open).toBeDefined(), waiting);
    vi.advanceTimersByTime(60_000);
    const told = { msg: 'teacher not loaded yet, others wait', stage: 'opening' };
    expect(lines).toMatchObject([{ ...told, teacherIdentity: 'b' }]);
    open?.(description);
    await turn();
    expect([...teachers.loaded.keys()]).toEqual(['a', 'b']);
    teachers.stop();
  } finally {
    vi.useRealTimers();
  }
});
