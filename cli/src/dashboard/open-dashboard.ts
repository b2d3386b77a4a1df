/** A user's own dashboard: only on this machine, for the first browser that opens its address. */
import { randomBytes } from 'node:crypto';
import { SITE_FOLDER } from '@lyceum/dashboard/site';
import type { Logger } from '@lyceum/platform';
import { OneTimeSession, OPEN_PATH } from './access/index.js';
import { DashboardServer } from './dashboard-server.js';
import type { DashboardClient } from './routes.js';
import { readSite } from './site.js';

/** The default address, unless another program listens there; the coordinator's own port is 7700. */
export const DASHBOARD_ADDRESS = '127.0.0.1:7780';

const SECRET_BYTES = 32;

export interface OpenDashboard {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
  /** The same with the token, which lets one browser in. */
  readonly oneTimeUrl: string;
  close(): Promise<void>;
}

/** @param address - on loopback; port 0 takes a free one. */
export async function openDashboard(
  client: DashboardClient,
  address: string,
  log: Logger,
): Promise<OpenDashboard> {
  const token = secret();
  const sessionAt = (port: number) => new OneTimeSession(`lyceum-${port}`, token, secret());
  const site = await readSite(SITE_FOLDER);
  const server = await DashboardServer.start({ client, site, address, sessionAt, log });
  const url = `http://${server.address}`;
  return {
    url: `${url}/`,
    oneTimeUrl: `${url}${OPEN_PATH}${token}`,
    close: () => server.close(),
  };
}

function secret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}
