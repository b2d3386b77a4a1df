// `firstRuns` with a fake coordinator: it has 1,200 runs and gives pages of the asked size, or smaller ones.
import { type ListRunsRequest, ListRunsResponse, RunState } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';

const { RUN_STATE_PAUSED, RUN_STATE_SUCCEEDED } = RunState;

class Played extends CoordinatorClient {
  readonly asked: Partial<ListRunsRequest>[] = [];
  readonly pageMax: number;

  constructor(pageMax: number) {
    super('127.0.0.1:1');
    this.pageMax = pageMax;
  }

  override async pageOfRuns(request: Partial<ListRunsRequest>): Promise<ListRunsResponse> {
    this.asked.push(request);
    const { pageSize = 0, pageToken = '' } = request;
    const first = Number(pageToken);
    const end = Math.min(1200, first + Math.min(pageSize, this.pageMax));
    return ListRunsResponse.fromPartial({
      runs: Array.from({ length: end - first }, (_, i) => ({ runId: `run-${first + i}` })),
      nextPageToken: end < 1200 ? `${end}` : '',
      counts: [
        { state: RUN_STATE_SUCCEEDED, count: 1190 },
        { state: RUN_STATE_PAUSED, count: 10 },
      ],
    });
  }
}

test.each([
  ['all', Number.POSITIVE_INFINITY, 500, [500, 500, 500]],
  ['some', 50, 500, [50]],
  ['some of several pages', 1100, 500, [500, 500, 100]],
  ['all of pages that are cut short', Number.POSITIVE_INFINITY, 400, [500, 500, 500]],
])('firstRuns gets %s', async (_, limit, pageMax, pageSizes) => {
  const client = new Played(pageMax);
  const { runs, count } = await client.firstRuns({ brief: true }, limit);
  client.close();
  const ids = Array.from({ length: Math.min(limit, 1200) }, (_, i) => `run-${i}`);
  expect(runs.map(({ runId }) => runId)).toEqual(ids);
  expect(count).toBe(1200);
  expect(client.asked.map(({ pageSize }) => pageSize)).toEqual(pageSizes);
  expect(client.asked.every(({ brief }) => brief)).toBe(true);
});

test('firstRuns counts only the states that were asked for', async () => {
  const client = new Played(500);
  const { count } = await client.firstRuns({ states: [RUN_STATE_PAUSED] }, 1);
  client.close();
  expect(count).toBe(10);
});
