/** The first call to a coordinator: whether it answers, and why not. */
import { connect } from 'node:net';
import { type ClusterClient, call, parseAddress, tlsTrouble } from '@lyceum/platform';
import { CONNECT_DEADLINE_MS, LyceumError, toLyceumError, UNARY_DEADLINE_MS } from '@lyceum/proto';
import type { Cancellable } from './watching.js';

const SILENT =
  'the connection is accepted, but no answer comes: its machine is too busy, or another program listens there';

/**
 * @param address - that the client calls.
 * @throws {LyceumError} UNAVAILABLE if nobody answers within {@link CONNECT_DEADLINE_MS}; if something accepts the
 *   connection, within `patienceMs` more.
 */
export async function coordinatorVersion(
  client: ClusterClient,
  address: string,
  options: Cancellable & { readonly patienceMs?: number },
): Promise<string> {
  const { signal, patienceMs = UNARY_DEADLINE_MS } = options;
  const ask = (deadlineMs: number) => {
    const request = { deadlineMs, ...(signal !== undefined && { signal }) };
    return call(client, client.getVersion, {}, request);
  };
  let isSilent = false;
  try {
    const { version } = await ask(CONNECT_DEADLINE_MS).catch(async (err: unknown) => {
      const isLate = toLyceumError(err).code === 'DEADLINE_EXCEEDED';
      isSilent = isLate && (await takesConnections(address));
      if (!isSilent) throw err;
      return ask(patienceMs);
    });
    return version;
  } catch (err) {
    const { code, message, cause } = toLyceumError(err);
    if (code === 'CANCELLED' || code === 'PERMISSION_DENIED') throw err;
    const unanswered = code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED';
    const why = unanswered ? (troubleOf(cause) ?? (isSilent ? SILENT : undefined)) : message;
    const text = `no coordinator answers at ${address}${why === undefined ? '' : ` (${why})`}`;
    throw new LyceumError('UNAVAILABLE', text, { cause: err });
  }
}

/** @param status - the error of a call without an answer. */
function troubleOf(status: unknown): string | undefined {
  const details = status instanceof Object && 'details' in status ? String(status.details) : '';
  if (details.startsWith('Name resolution failed')) return "its host's name cannot be looked up";
  const trouble = tlsTrouble(details);
  return trouble === undefined ? undefined : `${trouble}; see --tls-dir`;
}

/** Whether something listens there: the machine accepts a connection even if the program is too busy to answer. */
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
