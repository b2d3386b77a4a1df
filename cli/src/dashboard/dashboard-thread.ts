/** The thread of `serve-dashboard.ts`. */
import { SITE_FOLDER } from '@lyceum/dashboard/site';
import { createLogger, type TlsIdentity } from '@lyceum/platform';
import { offerToOwner } from '@lyceum/platform/threads';
import { CoordinatorClient } from '../client/index.js';
import { DashboardServer } from './dashboard-server.js';
import { readSite } from './site.js';

export interface SharedDashboardOptions {
  readonly address: string;
  readonly hosts: readonly string[];
  /** Whether the dashboard uses TLS, and lets in clients with a certificate. */
  readonly isTls: boolean;
  /** `HOST:PORT` */
  readonly coordinator: string;
  /** For calls to the coordinator. */
  readonly tls: TlsIdentity | undefined;
  readonly logLevel: string;
}

export interface SharedDashboardCalls {
  /** @returns the address with the actual port. */
  start(options: SharedDashboardOptions): Promise<string>;
}

offerToOwner<SharedDashboardCalls>({
  async start({ address, hosts, isTls, coordinator, tls, logLevel }) {
    const server = await DashboardServer.start({
      client: new CoordinatorClient(coordinator, tls),
      site: await readSite(SITE_FOLDER),
      log: createLogger({ name: 'dashboard', level: logLevel }),
      address,
      hosts,
      tls: isTls ? tls : undefined,
    });
    return server.address;
  },
});
