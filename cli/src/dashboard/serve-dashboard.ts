/**
 * The coordinator's own dashboard, read-only: in a thread of the coordinator's process, so that no page holds up the
 * loop that answers workers. It calls the coordinator like any other client.
 */
import { Worker } from 'node:worker_threads';
import {
  checkClientCertificate,
  formatAddress,
  isLoopback,
  parseAddress,
  type TlsIdentity,
} from '@lyceum/platform';
import { Thread } from '@lyceum/platform/threads';
import type { SharedDashboardCalls, SharedDashboardOptions } from './dashboard-thread.js';

export interface ServedDashboard {
  /** `http://HOST:PORT/` */
  readonly url: string;
  /** Resolves with the reason if it ends by itself; the coordinator goes on without it. */
  readonly died: Promise<Error>;
  close(): Promise<void>;
}

export interface ServeDashboardOptions {
  /** `HOST:PORT`; port 0 takes a free one. Outside of loopback it uses the certificates of `tls`, if there are any. */
  readonly address: string;
  readonly hosts: readonly string[];
  /** Where the coordinator listens, with its port. */
  readonly coordinator: string;
  /** The coordinator's certificate and authorities. */
  readonly tls: TlsIdentity | undefined;
  readonly logLevel: string;
}

/** @throws {LyceumError} FAILED_PRECONDITION if the address is taken, or the certificate cannot call. */
export async function serveDashboard(options: ServeDashboardOptions): Promise<ServedDashboard> {
  const { address, hosts, coordinator, tls, logLevel } = options;
  if (tls !== undefined) checkClientCertificate(tls);
  const worker = new Worker(new URL('./dashboard-thread.js', import.meta.url));
  const thread = new Thread<SharedDashboardCalls>(worker, { name: 'the dashboard' });
  const isTls = tls !== undefined && !isLoopback(parseAddress(address).host);
  const started: SharedDashboardOptions = {
    ...{ address, hosts, isTls, tls, logLevel },
    coordinator: ownAddress(coordinator, tls !== undefined),
  };
  try {
    const listening = await thread.call('start', started);
    return {
      url: `${isTls ? 'https' : 'http'}://${listening}/`,
      died: thread.died,
      close: () => thread.close(),
    };
  } catch (err) {
    await thread.close();
    throw err;
  }
}

/** Where a coordinator calls itself: its certificate names `localhost`, and never an address such as 0.0.0.0. */
function ownAddress(listen: string, isTls: boolean): string {
  const { host, port } = parseAddress(listen);
  const isAny = host === '0.0.0.0' || host === '::';
  return isAny || (isTls && isLoopback(host)) ? `localhost:${port}` : formatAddress({ host, port });
}
