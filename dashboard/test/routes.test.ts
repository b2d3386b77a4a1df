/** Addresses of pages are read from what was written, and from what somebody typed. */
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

describe('a route', () => {
  it('is read from its own address', () => {
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

  it('is the list of runs where nothing is asked for', () => {
    for (const hash of ['', '#', '#/', '#/runs', '#/runs/']) {
      expect(readRoute(hash)).toEqual({ page: 'runs', ...ALL_RUNS });
    }
  });

  it('is none of what somebody made up', () => {
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

describe('a query', () => {
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
