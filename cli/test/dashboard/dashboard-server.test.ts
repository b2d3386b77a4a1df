/** `DashboardServer` over real HTTP on loopback, with a fake coordinator client. */
import { once } from 'node:events';
import { type IncomingHttpHeaders, request, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { createLogger } from '@lyceum/platform';
import { ListLogsResponse, LogLevel, LyceumError, RunState } from '@lyceum/proto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { OneTimeSession } from '../../src/dashboard/access/index.js';
import { DashboardServer } from '../../src/dashboard/dashboard-server.js';
import type { Site } from '../../src/dashboard/site.js';
import { FakeCluster, run } from './fake-cluster.js';

const PAGE = {
  type: 'text/html; charset=utf-8',
  body: Buffer.from('<p>page</p>'),
  gzipped: Buffer.from([]),
  etag: '"1"',
  cacheControl: 'no-cache',
};
const { gzipSync } = await import('node:zlib');
const SITE: Site = new Map([
  ['/', { ...PAGE, gzipped: gzipSync(PAGE.body) }],
  ['/assets/a-1.js', { ...PAGE, type: 'text/javascript', cacheControl: 'immutable' }],
]);

const stopping: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop();
});

async function started(how: 'own' | 'shared', cluster = new FakeCluster()) {
  const server = await DashboardServer.start({
    client: cluster,
    site: SITE,
    address: '127.0.0.1:0',
    log: createLogger({ name: 'test', level: 'silent' }),
    ...(how === 'own' && {
      sessionAt: () => new OneTimeSession('lyceum-test', 'token', 'secret'),
    }),
  });
  stopping.push(() => server.close());
  return { cluster, address: server.address, ask: askerOf(server.address) };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const IN = { cookie: 'lyceum-test=secret' };

function askerOf(address: string) {
  const [host, port] = address.split(':');
  return async (
    path: string,
    { method = 'GET', headers = {}, body = '' } = {},
  ): Promise<Answer> => {
    const asked = request({ host, port, path, method, headers, agent: false });
    asked.end(body);
    const [response] = await once(asked, 'response');
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part);
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) };
  };
}

const jsonOf = ({ body }: Answer) => JSON.parse(body.toString());

describe('dashboard with a session', () => {
  test('opens once at its one-time address, with a page that leads on', async () => {
    const { ask } = await started('own');
    expect((await ask('/')).status).toBe(401);
    expect((await ask('/open/nonsense')).status).toBe(403);
    const opened = await ask('/open/token');
    expect(opened.status).toBe(200);
    expect(opened.headers['set-cookie']).toEqual([
      'lyceum-test=secret; HttpOnly; SameSite=Strict; Path=/',
    ]);
    expect(opened.body.toString()).toContain('url=/"');
    const again = await ask('/open/token');
    expect(again.status).toBe(403);
    expect(again.headers['set-cookie']).toBeUndefined();
    expect(again.body.toString()).toContain('start `coordinator dashboard` again');
    // A browser with the cookie goes on.
    expect((await ask('/open/token', { headers: IN })).status).toBe(200);
    expect((await ask('/', { headers: IN })).status).toBe(200);
  });

  test('refuses requests without the cookie, as JSON or as text', async () => {
    const { ask, cluster } = await started('own');
    const call = await ask('/api/runs');
    expect([call.status, jsonOf(call).code]).toEqual([401, 'PERMISSION_DENIED']);
    const page = await ask('/assets/a-1.js');
    expect([page.status, page.headers['content-type']]).toEqual([401, 'text/plain; charset=utf-8']);
    expect((await ask('/api/stream')).status).toBe(401);
    expect(cluster.calls).toEqual([]);
  });

  test('refuses requests for another host', async () => {
    const { ask, address } = await started('own');
    for (const host of ['evil.example', `evil.example:${address.split(':')[1]}`, '127.0.0.1:1']) {
      expect((await ask('/', { headers: { ...IN, host } })).status, host).toBe(421);
    }
    const host = `localhost:${address.split(':')[1]}`;
    expect((await ask('/', { headers: { ...IN, host } })).status).toBe(200);
  });

  test('changes runs for its own page only', async () => {
    const { ask, address, cluster } = await started('own');
    cluster.runs.set('a', run('a'));
    const post = (path: string, headers: object) =>
      ask(path, { method: 'POST', headers, body: '{}' });
    const own = { ...IN, origin: `http://${address}`, 'content-type': 'application/json' };
    expect(
      (await post('/api/runs/a/cancel', { ...own, origin: 'http://evil.example' })).status,
    ).toBe(403);
    expect(
      (await post('/api/runs/a/cancel', { ...own, 'content-type': 'text/plain' })).status,
    ).toBe(415);
    expect((await post('/api/runs/a/cancel', { ...own, cookie: '' })).status).toBe(401);
    expect(cluster.calls).toEqual([]);
    for (const what of ['cancel', 'resume', 'retry']) {
      const answer = await post(`/api/runs/a/${what}`, own);
      expect([answer.status, jsonOf(answer).id]).toEqual([200, 'a']);
      expect(cluster.calls).toContain(`${what}Run a`);
    }
    expect((await post('/api/workers/w%2F1/release', own)).status).toBe(200);
    expect(cluster.calls).toContain('releaseWorker w/1');
  });

  test('refuses large bodies, with or without a content length', async () => {
    const { ask, address, cluster } = await started('own');
    const headers = { ...IN, origin: `http://${address}`, 'content-type': 'application/json' };
    const large = 10 * 1024 * 1024;
    const announced = { ...headers, 'content-length': large, expect: '100-continue' };
    expect((await ask('/api/runs/a/cancel', { method: 'POST', headers: announced })).status).toBe(
      413,
    );
    const chunked = { ...headers, 'transfer-encoding': 'chunked' };
    const body = 'x'.repeat(8192);
    expect(
      (await ask('/api/runs/a/cancel', { method: 'POST', headers: chunked, body })).status,
    ).toBe(413);
    expect(cluster.calls).toEqual([]);
  });
});

describe('dashboard of the coordinator', () => {
  test('is read-only, and says how to make changes', async () => {
    const { ask, cluster } = await started('shared');
    expect(jsonOf(await ask('/api/cluster'))).toEqual({
      version: '0.1.0',
      coordinator: cluster.address,
      mayChange: false,
    });
    const headers = {
      origin: 'http://localhost',
      host: 'localhost',
      'content-type': 'application/json',
    };
    const refused = await ask('/api/runs/a/cancel', { method: 'POST', headers });
    expect(refused.status).toBe(403);
    expect(jsonOf(refused).message).toContain('coordinator dashboard');
    expect(cluster.calls).toEqual(['version']);
    expect((await ask('/open/token')).status).toBe(404);
  });

  test('takes a loopback host with any port, as a tunnel has it', async () => {
    const { ask } = await started('shared');
    expect((await ask('/', { headers: { host: '127.0.0.1:9000' } })).status).toBe(200);
    expect((await ask('/', { headers: { host: 'evil.example:7780' } })).status).toBe(421);
  });
});

describe('answers of DashboardServer', () => {
  test.each(['/', '/assets/a-1.js', '/api/cluster', '/api/nothing', '/nothing', '/open/x'])(
    'to %s have the headers that guard the page',
    async (path) => {
      const { ask } = await started('shared');
      const { headers } = await ask(path);
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['cross-origin-opener-policy']).toBe('same-origin');
      expect(headers['access-control-allow-origin']).toBeUndefined();
    },
  );

  test('have these headers if they are refusals, too', async () => {
    const { ask } = await started('own');
    const { headers } = await ask('/', { headers: { host: 'evil.example' } });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });
});

describe('paths and methods', () => {
  test.each([
    '/../package.json',
    '/..%2f..%2fpackage.json',
    '/assets/../../../etc/passwd',
    '/%2e%2e/package.json',
    '//etc/passwd',
    '/assets/a-1.js/',
    '/api/runs/%ff',
    '/api/runs/a/b/c',
    '/api/toString',
  ])('%s is not found', async (path) => {
    const { ask } = await started('shared');
    expect((await ask(path)).status).toBe(404);
  });

  test('a wrong method is refused with 405', async () => {
    const { ask } = await started('shared');
    const headers = {
      origin: 'http://localhost',
      host: 'localhost',
      'content-type': 'application/json',
    };
    expect((await ask('/', { method: 'DELETE' })).status).toBe(405);
    const wrong = await ask('/api/runs/a/cancel');
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'POST']);
    expect((await ask('/api/runs', { method: 'PUT', headers })).status).toBe(405);
    expect((await ask('/api/stream', { method: 'HEAD' })).status).toBe(405);
  });

  test('a URL of another server, as for a proxy, is refused', async () => {
    const { address } = await started('shared');
    const socket = connect(Number(address.split(':')[1]), '127.0.0.1');
    socket.end('GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const [first] = await once(socket, 'data');
    expect(String(first)).toMatch(/^HTTP\/1.1 400 /);
  });
});

test('DashboardServer handles at most 64 calls at a time, and refuses more', async () => {
  let calls = 0;
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const cluster = new FakeCluster();
  cluster.version = async () => {
    calls += 1;
    await answered;
    return '0.1.0';
  };
  const { address, ask } = await started('shared', cluster);
  const socket = connect(Number(address.split(':')[1]), '127.0.0.1');
  socket.write('GET /api/cluster HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(100));
  await vi.waitFor(() => expect(calls).toBe(64), 10_000);
  expect((await ask('/api/cluster')).status).toBe(429);
  expect(calls).toBe(64);
  answer();
  await vi.waitFor(async () => expect((await ask('/api/cluster')).status).toBe(200), 10_000);
  socket.destroy();
});

test('DashboardServer counts unread answers as calls until it hangs up on their client', async () => {
  const cluster = new FakeCluster();
  cluster.version = async () => 'x'.repeat(1_000_000);
  const { address, ask } = await started('shared', cluster);
  const limited = vi.spyOn(ServerResponse.prototype, 'setTimeout').mockReturnThis();
  const sockets = Array.from({ length: 9 }, () =>
    connect(Number(address.split(':')[1]), '127.0.0.1').on('error', () => undefined),
  );
  const askUnread = (socket: Socket | undefined, count: number) =>
    socket?.write('GET /api/cluster HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(count));
  const status = async () => (await ask('/api/cluster')).status;
  const [first, ...others] = sockets;
  askUnread(first, 64);
  // The first few answers of each client fit into the connection's buffers, and do not count.
  await vi.waitFor(async () => {
    for (const socket of others) askUnread(socket, 1);
    expect(await status()).toBe(429);
  }, 60_000);
  // The test ends the half minute.
  expect(new Set(limited.mock.calls.map(([ms]) => ms))).toEqual(new Set([30_000]));
  for (const { socket } of limited.mock.contexts as ServerResponse[]) socket?.setTimeout(1);
  limited.mockRestore();
  await vi.waitFor(async () => expect(await status()).toBe(200), 60_000);
  for (const socket of sockets) {
    const hungUp = once(socket, 'close');
    socket.resume();
    await hungUp;
  }
}, 120_000);

describe('files of the dashboard', () => {
  test('are compressed for clients that accept gzip', async () => {
    const { ask } = await started('shared');
    const zipped = await ask('/', { headers: { 'accept-encoding': 'br, gzip' } });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.body).toString()).toBe('<p>page</p>');
    const plain = await ask('/', { headers: { 'accept-encoding': 'gzip;q=0, br' } });
    expect(plain.body.toString()).toBe('<p>page</p>');
  });

  test('are not sent again to a client that has them', async () => {
    const { ask } = await started('shared');
    const { etag = '' } = (await ask('/')).headers;
    const again = await ask('/', { headers: { 'if-none-match': etag } });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await ask('/assets/a-1.js')).headers['cache-control']).toBe('immutable');
    expect((await ask('/api/cluster')).headers['cache-control']).toBe('no-store');
  });
});

describe("errors of the dashboard's API", () => {
  test.each([
    ['NOT_FOUND', 404],
    ['FAILED_PRECONDITION', 409],
    ['UNAVAILABLE', 503],
    ['PERMISSION_DENIED', 403],
  ] as const)('%s has the status %i and its reason', async (code, status) => {
    const cluster = new FakeCluster();
    cluster.failure = new LyceumError(code, 'because');
    const { ask } = await started('shared', cluster);
    const answer = await ask('/api/runs/a');
    expect([answer.status, jsonOf(answer)]).toEqual([status, { code, message: 'because' }]);
  });

  test('a reason shows its control characters as escapes', async () => {
    const cluster = new FakeCluster();
    cluster.failure = new LyceumError('NOT_FOUND', 'gpj\u202eexe \u001b[2J');
    const { ask } = await started('shared', cluster);
    const message = 'gpj\\u202eexe \\x1b[2J';
    expect(jsonOf(await ask('/api/runs/a'))).toEqual({ code: 'NOT_FOUND', message });
  });

  test('an unexpected error has the status 500 without its message', async () => {
    const cluster = new FakeCluster();
    cluster.failure = new Error('secret');
    const { ask } = await started('shared', cluster);
    const answer = await ask('/api/runs/a');
    expect(answer.status).toBe(500);
    expect(answer.body.toString()).not.toContain('secret');
  });

  test.each([
    '/api/runs?state=SLEEPING',
    '/api/runs/a/history?from=-1',
    '/api/runs/a/events?before=x',
    '/api/runs/a/logs?before=0',
    '/api/compare?run=a',
  ])('%s is a bad request', async (path) => {
    const cluster = new FakeCluster();
    cluster.runs.set('a', run('a'));
    const { ask } = await started('shared', cluster);
    expect((await ask(path)).status).toBe(400);
  });

  test('a page of logs is asked for by a sequence number', async () => {
    const cluster = new FakeCluster();
    cluster.runs.set('a', run('a'));
    const line = { sequence: 7, atMs: 5, level: LogLevel.LOG_LEVEL_WARN, from: 't', message: 'm' };
    cluster.logs = ListLogsResponse.fromPartial({ lines: [line] });
    const { ask } = await started('shared', cluster);
    const answer = jsonOf(await ask('/api/runs/a/logs?before=8'));
    const shown = { atMs: 5, level: 'warn', from: 't', message: 'm' };
    expect(answer).toEqual({ lines: [shown], before: null });
    expect(cluster.calls).toContain('listLogs a 8 201');
  });

  test('findings that a coordinator does not have are a conflict', async () => {
    const { ask } = await started('shared');
    expect((await ask('/api/runs/a/findings')).status).toBe(409);
  });
});

test('DashboardServer asks the coordinator for runs by page, state, team and text', async () => {
  const { ask, cluster } = await started('shared');
  await ask('/api/runs?state=QUEUED&state=FAILED&team=vision&text=a%20b&page=next');
  expect(cluster.calls).toEqual([
    `pageOfRuns ${JSON.stringify({
      states: [RunState.RUN_STATE_QUEUED, RunState.RUN_STATE_FAILED],
      pageSize: 50,
      brief: true,
      team: 'vision',
      text: 'a b',
      pageToken: 'next',
    })}`,
  ]);
});

describe('streams of events', () => {
  /** Reads a stream until `done` is true of its text. */
  async function heard(
    address: string,
    path: string,
    done: (text: string) => boolean,
  ): Promise<string> {
    const [host, port] = address.split(':');
    const asked = request({ host, port, path, agent: false }).end();
    const [response] = await once(asked, 'response');
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    let text = '';
    for await (const part of response) {
      text += part;
      if (done(text)) break;
    }
    asked.destroy();
    return text;
  }

  test('send runs and workers at once', async () => {
    const { address, cluster } = await started('shared');
    cluster.runs.set('a', run('a'));
    const text = await heard(address, '/api/stream', (all) => /event: workers\n.*\n\n/.test(all));
    expect(text).toMatch(/^retry: 2000\n\n/);
    expect(text).toMatch(/event: runs\ndata: \[\{"id":"a",/);
  });

  test('send gone for a run that does not exist', async () => {
    const { address } = await started('shared');
    const text = await heard(address, '/api/stream?run=b', (all) => all.includes('gone'));
    expect(text).toContain('event: gone\ndata: ["b"]\n\n');
  });

  test('are limited to 32, and ask the coordinator no more after the last is closed', async () => {
    const { address, ask, cluster } = await started('shared');
    const [host, port] = address.split(':');
    const open = Array.from({ length: 32 }, () =>
      request({ host, port, path: '/api/stream', agent: false }).end(),
    );
    await Promise.all(open.map((asked) => once(asked, 'response')));
    const refused = await ask('/api/stream');
    expect([refused.status, jsonOf(refused).code]).toEqual([429, 'RESOURCE_EXHAUSTED']);
    // All streams share one source.
    expect(cluster.calls.filter((call) => call.startsWith('pageOfRuns')).length).toBeLessThan(32);
    for (const asked of open) asked.destroy();
    await vi.waitFor(
      async () => {
        const before = cluster.calls.length;
        await new Promise((resolve) => setTimeout(resolve, 1500));
        expect(cluster.calls.length).toBe(before);
      },
      { timeout: 60_000 },
    );
  });
});
