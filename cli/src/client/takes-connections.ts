import { connect } from 'node:net';
import { parseAddress } from '@lyceum/platform';
import { CONNECT_DEADLINE_MS } from '@lyceum/proto';

/** Whether something listens there: the machine takes a connection for a program that is too busy to say a word. */
export function takesConnections(address: string): Promise<boolean> {
  const { host, port } = parseAddress(address);
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_DEADLINE_MS });
    const settle = (taken: boolean): void => {
      socket.destroy();
      resolve(taken);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
