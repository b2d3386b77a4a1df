/** A server that answers the page like the real one, from made-up facts. */
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { RunRow, StreamEvents } from '../../src/api/index.js';
import {
  fakeComparison,
  fakeEvents,
  fakeFindings,
  fakeHistory,
  fakeLog,
  fakeReport,
  fakeRows,
  fakeRun,
  fakeWorkers,
  type Marked,
} from './fake-facts.js';

const SITE = path.join(import.meta.dirname, '../../dist/page');
const PAGE_SIZE = 50;

/** The same as the real server's. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface FakeServer {
  readonly url: string;
  /** Changes that the page has asked for, as `runs/x/cancel`. */
  readonly changes: readonly string[];
  /** Sends an event to every open stream. */
  say<Name extends keyof StreamEvents>(name: Name, told: StreamEvents[Name]): void;
  /** Count of open streams. */
  streamCount(): number;
  row(id: string): RunRow;
  /** `false` ends the streams, and refuses new ones until `true`. */
  setStreaming(isOn: boolean): void;
  /** Refuses every request, as a restarted server does; null: none. */
  setRefusal(message: string | null): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly facts: unknown;
}

export async function startFakeServer(marked: Marked, rows?: RunRow[]): Promise<FakeServer> {
  const nowMs = Date.now();
  const runs = rows ?? fakeRows(marked, nowMs);
  const changes: string[] = [];
  const streams = new Set<ServerResponse>();
  let isStreaming = true;
  let refusal: string | null = null;
  const find = (id: string) => runs.find((row) => row.id === id);
  const answer = (method: string, url: URL): Answer => {
    const [room = '', id = '', part = ''] = url.pathname
      .split('/')
      .slice(2)
      .map(decodeURIComponent);
    const row = find(id);
    if (method === 'POST') {
      changes.push(`${room}/${id}/${part}`);
      if (room === 'workers') return ok({ ...fakeWorkers(marked, nowMs), quarantines: [] });
      return row === undefined
        ? noSuchRun(id)
        : ok(fakeRun({ ...row, state: 'CANCELLING' }, marked));
    }
    if (room === 'cluster') {
      return ok({ version: '0.1.0', coordinator: '127.0.0.1:7700', mayChange: true });
    }
    if (room === 'workers') return ok(fakeWorkers(marked, nowMs));
    if (room === 'compare') {
      const asked = url.searchParams.getAll('run').map(find);
      return ok(
        fakeComparison(
          asked.filter((one) => one !== undefined),
          marked,
        ),
      );
    }
    if (room === 'runs' && id === '') return ok(runPage(runs, url.searchParams));
    if (row === undefined) return noSuchRun(id);
    const run = fakeRun(row, marked);
    switch (part) {
      case '':
        return ok(run);
      case 'history': {
        const [from, to] = ['from', 'to'].map((name) => url.searchParams.get(name));
        return ok(fakeHistory(run, Number(from ?? 0), Number(to ?? run.stepCount)));
      }
      case 'report':
        return ok(fakeReport(run, marked));
      case 'findings':
        return ok(fakeFindings(run, marked));
      case 'logs':
        return ok(fakeLog(marked, nowMs, url.searchParams.get('before')));
      default:
        return ok(fakeEvents(marked, nowMs, url.searchParams.get('before')));
    }
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (refusal !== null) {
      const problem = { code: 'PERMISSION_DENIED', message: refusal };
      return void response.writeHead(401).end(JSON.stringify(problem));
    }
    response.setHeader('content-security-policy', CSP);
    if (url.pathname === '/api/stream') {
      if (!isStreaming) return void response.writeHead(503).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('retry: 200\n\n');
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return;
    }
    if (url.pathname.startsWith('/api/')) {
      const { status, facts } = answer(request.method ?? 'GET', url);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(facts));
      return;
    }
    sendFile(url.pathname === '/' ? '/index.html' : url.pathname, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    changes,
    say: (name, told) => {
      for (const stream of streams)
        stream.write(`event: ${name}\ndata: ${JSON.stringify(told)}\n\n`);
    },
    streamCount: () => streams.size,
    row: (id) => find(id) as RunRow,
    setStreaming: (isOn) => {
      isStreaming = isOn;
      if (!isOn) for (const stream of streams) stream.destroy();
    },
    setRefusal: (message) => {
      refusal = message;
      if (message !== null) for (const stream of streams) stream.destroy();
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function ok(facts: unknown): Answer {
  return { status: 200, facts };
}

function noSuchRun(id: string): Answer {
  return { status: 404, facts: { code: 'NOT_FOUND', message: `there is no run ${id}` } };
}

function runPage(runs: readonly RunRow[], asked: URLSearchParams) {
  const [states, text] = [asked.getAll('state'), asked.get('text') ?? ''];
  const fitting = runs.filter(
    ({ id, team }) => id.includes(text) && team.includes(asked.get('team') ?? ''),
  );
  const shown = fitting.filter(({ state }) => states.length === 0 || states.includes(state));
  const from = Number(asked.get('page') ?? 0);
  return {
    runs: shown.slice(from, from + PAGE_SIZE),
    nextPage: from + PAGE_SIZE < shown.length ? String(from + PAGE_SIZE) : null,
    counts: Object.fromEntries(
      fitting.map(({ state }) => [state, fitting.filter((run) => run.state === state).length]),
    ),
  };
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

function sendFile(name: string, response: ServerResponse): void {
  try {
    const content = readFileSync(path.join(SITE, path.normalize(name)));
    response.writeHead(200, { 'content-type': TYPES[path.extname(name)] ?? 'text/plain' });
    response.end(content);
  } catch {
    response.writeHead(404).end();
  }
}
