/** Sends answers over HTTP, with the headers that all of them need. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Problem } from '@lyceum/dashboard/api';
import { printableTexts } from '@lyceum/proto';
import type { SiteFile } from './site.js';

/** The page runs only its own script, calls only this server, and may not be put into a frame of another page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Headers of every answer, unless it sets its own. */
export function setHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  response.setHeader('cache-control', 'no-store');
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(printableTexts(value));
  send(response, status, 'application/json; charset=utf-8', text);
}

/** A problem as JSON for programs, else as text that a browser shows. */
export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  problem: Problem,
): void {
  if (request.url?.startsWith('/api/') === true) sendJson(response, status, problem);
  else send(response, status, 'text/plain; charset=utf-8', `${problem.message}\n`);
}

export function sendHtml(response: ServerResponse, html: string): void {
  send(response, 200, 'text/html; charset=utf-8', html);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

export function sendFile(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { type, body, gzipped, etag, cacheControl }: SiteFile,
): void {
  response.setHeader('cache-control', cacheControl);
  response.setHeader('vary', 'accept-encoding');
  response.setHeader('etag', etag);
  if (headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(
    String(headers['accept-encoding'] ?? ''),
  );
  if (takesGzip) response.setHeader('content-encoding', 'gzip');
  const sent = takesGzip ? gzipped : body;
  response.writeHead(200, { 'content-type': type, 'content-length': sent.length }).end(sent);
}
