/**
 * Serves the page and its API over HTTP, with Node's own server and this folder's code. `access` decides first whether
 * a request is answered at all.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  boundedServer,
  formatAddress,
  type Logger,
  parseAddress,
  type TlsIdentity,
} from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import {
  type AccessRules,
  type Asked,
  isLoopbackName,
  type OneTimeSession,
  OPEN_PATH,
  refusal,
} from './access/index.js';
import { CallsUnderWay } from './calls-under-way.js';
import { failureOf } from './facts/index.js';
import { BODY_MAX_BYTES, endsSoon } from './request-body.js';
import { sendFile, sendHtml, sendJson, sendProblem, setHeaders } from './responses.js';
import { type DashboardClient, findRoute } from './routes.js';
import type { Site } from './site.js';
import { Streams, Tab } from './streams/index.js';

const API = '/api/';

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // A proxy that compresses, or buffers (nginx), would hold events back for minutes.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
} as const;
/** A client that reads nothing of its answer for this long is gone, or hostile. */
const UNREAD_MS = 30_000;

export interface DashboardOptions {
  readonly client: DashboardClient;
  readonly site: Site;
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly address: string;
  /** Given: HTTPS, only for clients with a certificate of the same authority. */
  readonly tls?: TlsIdentity | undefined;
  /** Further host names by which it is called, at any port: a proxy may be in between. */
  readonly hosts?: readonly string[];
  /**
   * Lets one browser in, which may change things; absent: all who reach the server may look, and nobody may change
   * anything.
   */
  readonly sessionAt?: (port: number) => OneTimeSession;
  readonly log: Logger;
}

export class DashboardServer {
  readonly #options: DashboardOptions;
  readonly #server: Server;
  readonly #streams: Streams;
  readonly #calls = new CallsUnderWay();
  #rules: AccessRules | undefined;
  #session: OneTimeSession | undefined;

  private constructor(options: DashboardOptions) {
    const { tls, client, log } = options;
    this.#options = options;
    this.#streams = new Streams(client, log);
    this.#server = boundedServer((request, response) => {
      void this.#answer(request, response);
    }, tls);
  }

  /** @throws {LyceumError} FAILED_PRECONDITION if the address is taken. */
  static async start(options: DashboardOptions): Promise<DashboardServer> {
    const dashboard = new DashboardServer(options);
    await dashboard.#listen();
    return dashboard;
  }

  /** `HOST:PORT` with the actual port. */
  get address(): string {
    return formatAddress({ host: parseAddress(this.#options.address).host, port: this.#port });
  }

  close(): Promise<void> {
    this.#streams.close();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async #listen(): Promise<void> {
    const { address, sessionAt } = this.#options;
    const { host, port } = parseAddress(address);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (err) => {
        const message = `cannot listen on ${address}: ${err.message}`;
        reject(new LyceumError('FAILED_PRECONDITION', message, { cause: err }));
      });
      this.#server.listen(port, host, resolve);
    });
    this.#session = sessionAt?.(this.#port);
    this.#rules = this.#session === undefined ? this.#sharedRules() : this.#ownRules(this.#session);
  }

  /** Rules for a user's own dashboard: only this address. */
  #ownRules(session: OneTimeSession): AccessRules {
    return {
      scheme: 'http',
      isOwnHost: (name, port) => isLoopbackName(name) && port === this.#port,
      hostAdvice: `it is at http://${this.address}, or at that port of localhost`,
      hasSession: (cookies) => session.isIn(cookies),
      readOnly: undefined,
    };
  }

  /** Rules for a shared dashboard, which may be reached through a tunnel with another port. */
  #sharedRules(): AccessRules {
    const { hosts = [], tls } = this.#options;
    const names = new Set(hosts.map((name) => name.toLowerCase()));
    return {
      scheme: tls === undefined ? 'http' : 'https',
      isOwnHost: (name) => isLoopbackName(name) || names.has(name),
      hostAdvice: 'call it localhost, or start the coordinator with --dashboard-host NAME',
      hasSession: () => true,
      readOnly:
        'this dashboard is read-only; to change runs, use `coordinator dashboard`, with your own certificate if the cluster wants one',
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setHeaders(response);
    try {
      await this.#answerAllowed(request, response);
    } catch (err) {
      if (response.headersSent || response.destroyed) {
        response.destroy();
        return;
      }
      const { status, problem } = failureOf(err);
      if (status === 500) this.#options.log.error({ err, url: request.url }, 'dashboard: a bug');
      sendProblem(request, response, status, problem);
    }
  }

  async #answerAllowed(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    if (!url.startsWith('/')) throw new LyceumError('INVALID_ARGUMENT', 'want a path');
    const [path = '', search = ''] = splitOnce(url, '?');
    const refused = refusal(askedBy(request, path), this.#rules as AccessRules);
    if (refused !== undefined) {
      const { status, ...problem } = refused;
      sendProblem(request, response, status, problem);
    } else if (path.startsWith(API)) {
      await this.#answerCall(
        request,
        response,
        path.slice(API.length),
        new URLSearchParams(search),
      );
    } else if (method !== 'GET') sendNotAllowed(request, response, ['GET']);
    else if (path.startsWith(OPEN_PATH))
      this.#open(request, response, path.slice(OPEN_PATH.length));
    else {
      const file = this.#options.site.get(path);
      if (file === undefined) throw new LyceumError('NOT_FOUND', 'there is no such page here');
      sendFile(request, response, file);
    }
  }

  /** @param path - the part below the API's address. */
  async #answerCall(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ): Promise<void> {
    const { method = '' } = request;
    if (path === 'stream') {
      if (method === 'GET') this.#stream(response, query.get('run') ?? undefined);
      else sendNotAllowed(request, response, ['GET']);
      return;
    }
    const found = findRoute(method, path);
    if ('allowed' in found) {
      if (found.allowed.length === 0) throw new LyceumError('NOT_FOUND', 'no such address here');
      sendNotAllowed(request, response, found.allowed);
      return;
    }
    if (method === 'POST' && !(await endsSoon(request))) {
      response.setHeader('connection', 'close');
      const message = `want at most ${BODY_MAX_BYTES} bytes`;
      sendProblem(request, response, 413, { code: 'RESOURCE_EXHAUSTED', message });
      return;
    }
    const signal = this.#calls.begin(request, response);
    const { client, sessionAt } = this.#options;
    const call = { client, id: found.id, query, mayChange: sessionAt !== undefined, signal };
    try {
      sendJson(response, 200, await found.route.answer(call));
    } finally {
      response.setTimeout(UNREAD_MS);
    }
  }

  #stream(response: ServerResponse, runId: string | undefined): void {
    this.#streams.checkRoom();
    response.writeHead(200, STREAM_HEADERS);
    const leave = this.#streams.join(new Tab(response), runId);
    response.once('close', leave);
  }

  /** Lets a browser in, and leads it to the page. */
  #open(request: IncomingMessage, response: ServerResponse, token: string): void {
    const session = this.#session;
    if (session === undefined) throw new LyceumError('NOT_FOUND', 'this dashboard needs no token');
    if (!session.isIn(request.headers.cookie ?? '')) {
      const opening = session.open(token);
      if (opening !== 'opened') {
        const message = `${NOT_OPENED[opening]}; start \`coordinator dashboard\` again for a new one`;
        sendProblem(request, response, 403, { code: 'PERMISSION_DENIED', message });
        return;
      }
      response.setHeader('set-cookie', session.setCookie);
    }
    sendHtml(response, TO_THE_PAGE);
  }
}

const NOT_OPENED = {
  spent: 'this address has already let a browser in, and it works only once',
  unknown: 'this address is not the one that was printed',
} as const;

/**
 * Not a redirect: if the link was in a page of another site, such as a terminal in a browser, the browser would follow
 * a redirect without its new cookie.
 */
const TO_THE_PAGE =
  '<!doctype html><html lang="en"><title>Lyceum</title><meta http-equiv="refresh" content="0;url=/"><a href="/">The dashboard</a></html>';

function askedBy({ method = '', headers }: IncomingMessage, path: string): Asked {
  return {
    method,
    path,
    host: headers.host,
    origin: headers.origin,
    fetchSite: headers['sec-fetch-site']?.toString(),
    contentType: headers['content-type'],
    cookie: headers.cookie,
  };
}

function sendNotAllowed(
  request: IncomingMessage,
  response: ServerResponse,
  allowed: readonly string[],
): void {
  response.setHeader('allow', allowed.join(', '));
  const message = `want ${allowed.join(' or ')} here`;
  sendProblem(request, response, 405, { code: 'INVALID_ARGUMENT', message });
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
