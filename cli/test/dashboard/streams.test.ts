/** `Streams` to open tabs, with a fake coordinator client and tabs that only keep what they get. */
import { createLogger } from '@lyceum/platform';
import { ListRunsResponse, LyceumError, RunEvent, RunState } from '@lyceum/proto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Streams, Tab } from '../../src/dashboard/streams/index.js';
import { ListedRuns } from '../../src/dashboard/streams/listed-runs.js';
import { recently } from '../../src/dashboard/streams/recently.js';
import type { TabResponse } from '../../src/dashboard/streams/tab.js';
import { FakeCluster, run } from './fake-cluster.js';

class FakeResponse implements TabResponse {
  writableLength = 0;
  readonly written: string[] = [];
  state: 'open' | 'ended' | 'destroyed' = 'open';

  write(text: string): void {
    this.written.push(text);
  }

  end(): void {
    this.state = 'ended';
  }

  destroy(): void {
    this.state = 'destroyed';
  }

  /** Data of all events of that name. */
  of(event: string): unknown[] {
    return this.written.flatMap((text) => {
      const [, name, data = ''] = /^event: (.*)\ndata: (.*)\n\n$/.exec(text) ?? [];
      return name === event ? [JSON.parse(data)] : [];
    });
  }
}

const LOG = createLogger({ name: 'test', level: 'silent' });

let cluster: FakeCluster;
let streams: Streams;
beforeEach(() => {
  vi.useFakeTimers();
  cluster = new FakeCluster();
  streams = new Streams(cluster, LOG);
});
afterEach(() => {
  streams.close();
  vi.useRealTimers();
});

function joined(runId?: string) {
  const response = new FakeResponse();
  const leave = streams.join(new Tab(response), runId);
  return { response, leave };
}

const happened = (kind: string, atMs: number) => RunEvent.fromPartial({ kind, atMs });
const second = () => vi.advanceTimersByTimeAsync(1000);
const now = () => vi.advanceTimersByTimeAsync(0);

describe('the list of runs', () => {
  test('shows bidirectional marks in reasons as escapes', async () => {
    const { response } = joined();
    cluster.runs.set('a', run('a', { reason: 'gpj\u202eexe' }));
    await second();
    expect(response.of('runs').at(-1)).toMatchObject([{ id: 'a', reason: 'gpj\\u202eexe' }]);
  });

  test('is sent at once, even if it is empty, and then only what has changed', async () => {
    const { response } = joined();
    await now();
    expect(response.of('runs')).toEqual([[]]);
    cluster.runs.set('a', run('a'));
    cluster.runs.set('b', run('b'));
    await second();
    cluster.runs.set('b', run('b', { progress: { step: 7 } }));
    await second();
    await second();
    const ids = (response.of('runs') as { id: string }[][]).map((rows) => rows.map(({ id }) => id));
    expect(ids).toEqual([[], ['a', 'b'], ['b']]);
    // Workers have not changed since.
    expect(response.of('workers')).toHaveLength(1);
    cluster.runs.delete('a');
    await second();
    expect(response.of('gone')).toEqual([['a']]);
  });

  test('is asked for once a second for all tabs together, and not without tabs', async () => {
    const tabs = Array.from({ length: 5 }, () => joined());
    await now();
    for (let i = 0; i < 4; i++) await second();
    const asked = () => cluster.calls.filter((call) => call.startsWith('pageOfRuns')).length;
    expect(asked()).toBe(5);
    for (const { leave } of tabs) leave();
    await second();
    await second();
    expect(asked()).toBe(5);
    const late = joined();
    await now();
    expect(late.response.of('runs')).toHaveLength(1);
    expect(asked()).toBe(6);
  });

  test('is sent in full to a tab that joins later', async () => {
    cluster.runs.set('a', run('a'));
    joined();
    await second();
    const { response } = joined();
    expect(response.of('runs')).toMatchObject([[{ id: 'a' }]]);
    expect(response.of('workers')).toHaveLength(1);
  });

  test('ends its streams while the coordinator is away, and begins again with a new tab', async () => {
    const first = joined();
    await now();
    cluster.failure = new LyceumError('UNAVAILABLE', 'away');
    await second();
    expect(first.response.state).toBe('ended');
    first.leave();
    cluster.failure = undefined;
    const again = joined();
    await now();
    expect(again.response.of('runs')).toHaveLength(1);
  });
});

describe('a run', () => {
  beforeEach(() => {
    cluster.runs.set('a', run('a'));
    cluster.events = [happened('submitted', 1)];
  });

  test('is sent when it has changed, with new events', async () => {
    const { response } = joined('a');
    await second();
    await second();
    expect(response.of('run')).toMatchObject([{ id: 'a', step: 0 }]);
    cluster.runs.set('a', run('a', { progress: { step: 5 } }));
    cluster.events.push(happened('checkpoint', 2));
    await second();
    expect(response.of('run')).toMatchObject([{ step: 0 }, { step: 5 }]);
    expect(response.of('happened')).toMatchObject([{ kind: 'checkpoint' }]);
  });

  test('that has ended is asked for less often, until it goes on', async () => {
    cluster.runs.set('a', run('a', { state: RunState.RUN_STATE_FAILED }));
    const { response } = joined('a');
    await now();
    for (let i = 0; i < 9; i++) await second();
    expect(cluster.calls.filter((call) => call === 'getRun a')).toHaveLength(2);
    cluster.runs.set('a', run('a', { attempt: 2 }));
    for (let i = 0; i < 5; i++) await second();
    cluster.events.push(happened('retried', 2));
    await second();
    expect(response.of('run')).toMatchObject([{ state: 'FAILED' }, { state: 'TRAINING' }]);
    expect(response.of('happened')).toMatchObject([{ kind: 'retried' }]);
  });

  test('that goes on from an earlier step sends new events, though older ones were removed', async () => {
    const [submitted, failed] = [happened('submitted', 1), happened('state-changed', 4)];
    cluster.runs.set('a', run('a', { state: RunState.RUN_STATE_FAILED }));
    cluster.events = [submitted, happened('validation', 2), happened('checkpoint', 3), failed];
    const { response } = joined('a');
    await now();
    cluster.runs.set('a', run('a', { attempt: 2 }));
    cluster.events = [submitted, failed, happened('retried', 5), happened('assigned', 6)];
    for (let i = 0; i < 5; i++) await second();
    cluster.events.push(happened('validation', 7));
    await second();
    expect((response.of('happened') as { kind: string }[]).map(({ kind }) => kind)).toEqual([
      'retried',
      'assigned',
      'validation',
    ]);
  });

  test('sends new events after the clock of its machine was put back', async () => {
    cluster.events.push(happened('assigned', 9));
    const { response } = joined('a');
    await now();
    cluster.events.push(happened('checkpoint', 4), happened('checkpoint', 5));
    await second();
    expect(response.of('happened')).toMatchObject([{ atMs: 4 }, { atMs: 5 }]);
    cluster.events.push(happened('validation', 3));
    await second();
    expect(response.of('happened')).toHaveLength(3);
  });

  test('that is deleted is reported as gone, to tabs that join later too', async () => {
    const { response } = joined('a');
    await now();
    cluster.runs.delete('a');
    await second();
    expect(response.of('gone')).toEqual([['a']]);
    const later = joined('a');
    await now();
    expect(later.response.of('gone')).toEqual([['a']]);
  });

  test('that is deleted and submitted again is shown to the next tab, and to those that stayed', async () => {
    const stayed = joined('a').response;
    await now();
    cluster.runs.delete('a');
    await second();
    cluster.runs.set('a', run('a', { progress: { step: 3 } }));
    const { response } = joined('a');
    await now();
    expect([response.of('gone'), response.of('run')]).toMatchObject([[], [{ step: 3 }]]);
    cluster.runs.set('a', run('a', { progress: { step: 4 } }));
    await second();
    for (const page of [stayed, response]) expect(page.of('run').at(-1)).toMatchObject({ step: 4 });
  });
});

describe('tabs', () => {
  test('get a comment within 15 s, which keeps the connection alive', async () => {
    const { response } = joined();
    await now();
    const before = response.written.length;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(response.written.slice(before)).toEqual([':\n\n']);
  });

  test('that do not read are disconnected', () => {
    const response = new FakeResponse();
    const tab = new Tab(response);
    tab.send('event: a\ndata: 1\n\n');
    response.writableLength = 1024 * 1024 + 1;
    tab.send('event: a\ndata: 2\n\n');
    expect([response.state, response.of('a')]).toEqual(['destroyed', [1]]);
  });

  test('are limited to 32', () => {
    const tabs = Array.from({ length: 32 }, () => {
      streams.checkRoom();
      return joined();
    });
    expect(() => streams.checkRoom()).toThrow('close some');
    tabs[0]?.leave();
    streams.checkRoom();
  });
});

describe('ListedRuns', () => {
  const listed = (nextPageToken: string, ...runs: [string, number, RunState?][]) =>
    ListRunsResponse.fromPartial({
      nextPageToken,
      runs: runs.map(([id, submittedAtMs, state = RunState.RUN_STATE_TRAINING]) =>
        run(id, { submittedAtMs, state }),
      ),
    });

  test('does not report a run that fell off the page as gone, and names an active one to ask about', () => {
    const { RUN_STATE_FAILED } = RunState;
    const runs = new ListedRuns();
    runs.update(listed('', ['c', 3], ['b', 2, RUN_STATE_FAILED], ['a', 1]), undefined);
    const change = runs.update(listed('next', ['d', 4], ['c', 3]), undefined);
    expect(change).toMatchObject({ changed: [{ id: 'd' }], gone: [], unseen: ['a'] });
    expect(runs.update(listed('next', ['d', 4]), undefined)).toMatchObject({ gone: [] });
  });

  test('reports a run that is missing in the middle of the page as gone', () => {
    const runs = new ListedRuns();
    runs.update(listed('next', ['c', 3], ['b', 2], ['a', 1]), undefined);
    expect(runs.update(listed('next', ['c', 3], ['a', 1]), undefined).gone).toEqual(['b']);
  });

  test('finds old active runs in the second list', () => {
    const runs = new ListedRuns();
    runs.update(listed('next', ['c', 3]), listed('', ['a', 1]));
    const change = runs.update(listed('next', ['c', 3]), listed('', ['a', 1]));
    expect(change).toEqual({ changed: [], gone: [], unseen: [] });
  });
});

test('recently repeats an answer of the last second, but not a failure', async () => {
  let count = 0;
  const ask = recently(1000, async () => {
    count += 1;
    if (count === 3) throw new Error('failed');
    return count;
  });
  expect([await ask(), await ask()]).toEqual([1, 1]);
  await second();
  expect(await ask()).toBe(2);
  await second();
  await expect(ask()).rejects.toThrow('failed');
  expect(await ask()).toBe(4);
});
