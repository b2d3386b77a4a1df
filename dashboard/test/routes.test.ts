/** Addresses that the page writes, and addresses that a user types. */
import { describe, expect, it } from 'vitest';
import {
  ALL_RUNS,
  compareAddress,
  eventsAddress,
  logAddress,
  queryText,
  readRoute,
  runAddress,
  runsAddress,
} from '../src/web/routing/routes.js';

describe('readRoute', () => {
  it('reads the addresses that the page writes', () => {
    const filter = {
      states: ['FAILED', 'CANCELLED'],
      team: 'a & b',
      text: '#1?',
      from: 'x/=',
    } as const;
    expect(readRoute(runsAddress(filter))).toEqual({ page: 'runs', ...filter });
    expect(readRoute(runAddress('a/b?c#d%'))).toEqual({ page: 'run', id: 'a/b?c#d%' });
    const events = { page: 'events', id: 'x y', before: '12&3' } as const;
    expect(readRoute(eventsAddress(events.id, events.before))).toEqual(events);
    const log = { page: 'log', id: 'x y', before: '12' } as const;
    expect(readRoute(logAddress(log.id, log.before))).toEqual(log);
    expect(readRoute(eventsAddress('x', null))).toEqual({ page: 'events', id: 'x', before: null });
    expect(readRoute(compareAddress(['a', 'b c']))).toEqual({
      page: 'compare',
      runs: ['a', 'b c'],
    });
  });

  it('gives the list of runs for an empty address', () => {
    for (const hash of ['', '#', '#/', '#/runs', '#/runs/']) {
      expect(readRoute(hash)).toEqual({ page: 'runs', ...ALL_RUNS });
    }
  });

  it('gives unknown for a made-up address, and ignores a made-up state', () => {
    expect(readRoute('#/nothing')).toEqual({ page: 'unknown' });
    expect(readRoute('#/runs/a/b')).toEqual({ page: 'unknown' });
    expect(readRoute('#/runs?state=NONSENSE&state=PAUSED')).toEqual({
      page: 'runs',
      ...ALL_RUNS,
      states: ['PAUSED'],
    });
    expect(readRoute('#/runs/%zz')).toEqual({ page: 'run', id: '%zz' });
  });
});

describe('queryText', () => {
  it('leaves empty texts out', () => {
    expect(
      queryText([
        ['a', ''],
        ['b', ''],
      ]),
    ).toBe('');
    expect(
      queryText([
        ['a', '1 &'],
        ['a', '2'],
        ['b', ''],
      ]),
    ).toBe('?a=1+%26&a=2');
  });
});
