/**
 * `/livez`, `/readyz` and `/metrics` on plain HTTP, on a port of their own: their callers (kubelet, Prometheus) do not
 * speak gRPC with TLS.
 */
import { X509Certificate } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LyceumError } from '@lyceum/proto';
import type { Gauge, Registry } from 'prom-client';
import { boundedServer, strangeRequest } from '../http/index.js';
import { checkListenAddress, formatAddress, parseAddress } from '../process/index.js';
import type { TlsIdentity } from '../tls/index.js';
import { metricsOf } from './metrics-of.js';

export interface ProbesOptions {
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly address: string;
  /** True: the user allowed an address that other machines can reach. */
  readonly insecure: boolean;
  /** Why the program is not ready, in words; undefined: it is ready. */
  readonly ready: () => string | undefined;
  readonly metrics: Registry;
  /**
   * TLS of the program's other ports. Probes stay on plain HTTP, but other machines may then reach them, and a metric
   * says when the certificate expires.
   */
  readonly tls?: TlsIdentity | undefined;
}

export interface Probes {
  /** `HOST:PORT` with the actual port. */
  readonly address: string;
  close(): Promise<void>;
}

/** @throws {LyceumError} FAILED_PRECONDITION if the address is taken or may not be used. */
export async function startProbes(options: ProbesOptions): Promise<Probes> {
  const { tls, metrics } = options;
  checkListenAddress(options.address, options.insecure || tls !== undefined);
  if (tls !== undefined) tellExpiry(tls, metrics);
  const { host, port } = parseAddress(options.address);
  const server = boundedServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0];
    const strange = strangeRequest(request, host);
    if (strange !== undefined) answer(response, strange.status, `${strange.message}\n`);
    else if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(response, 405, 'only GET\n');
    } else if (path === '/livez') answer(response, 200, 'ok\n');
    else if (path === '/readyz') {
      const reason = options.ready();
      answer(response, reason === undefined ? 200 : 503, `${reason ?? 'ok'}\n`);
    } else if (path === '/metrics') {
      metrics.metrics().then(
        (text) => answer(response, 200, text, metrics.contentType),
        () => answer(response, 500, 'a metric could not be read\n'),
      );
    } else answer(response, 404, 'there are /livez, /readyz and /metrics\n');
  }, undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (err) => {
      const message = `cannot listen on ${options.address}: ${err.message}`;
      reject(new LyceumError('FAILED_PRECONDITION', message, { cause: err }));
    });
    server.listen(port, host, resolve);
  });
  return {
    address: formatAddress({ host, port: (server.address() as AddressInfo).port }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function tellExpiry({ certificate }: TlsIdentity, registry: Registry): void {
  expiryGauge(registry).set(Date.parse(new X509Certificate(certificate).validTo) / 1000);
}

/** A gauge of the time at which the program's certificate expires. */
export function expiryGauge(registry: Registry): Gauge {
  return metricsOf(registry).gauge(
    'lyceum_tls_certificate_expiry_timestamp_seconds',
    'When the certificate that this process was started with ends, Unix time.',
  );
}

function answer(response: ServerResponse, status: number, text: string, type?: string): void {
  response.writeHead(status, { 'content-type': type ?? 'text/plain; charset=utf-8' });
  response.end(text);
}
