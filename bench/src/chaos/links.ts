/**
 * A network between the programs of a cluster that can fail: each program reaches the coordinator and NATS through a
 * proxy of its own. The proxy can hold back bytes, in each direction, and break connections.
 *
 * A connection that is held back looks to both ends like one to a machine that no longer answers: it takes bytes,
 * no bytes come, and neither end learns that the other is gone. Bytes that were held back arrive later, as TCP
 * would resend them.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { parseAddress } from '@lyceum/platform';

/** `cut`: nothing leaves or reaches the program; `mute`: nothing leaves; `deaf`: nothing arrives; `reset`: breaks. */
export type LinkFault = 'cut' | 'mute' | 'deaf' | 'reset';

/** The directions in which a fault holds back bytes, as seen by the program that is hit. */
const HELD: Readonly<Record<LinkFault, readonly Way[]>> = {
  cut: ['out', 'in'],
  mute: ['out'],
  deaf: ['in'],
  reset: [],
};

export const LINK_FAULTS = Object.keys(HELD) as readonly LinkFault[];

type Way = 'out' | 'in';
const OPPOSITE: Readonly<Record<Way, Way>> = { out: 'in', in: 'out' };

/** One direction of a link. It is open if every `hold` was followed by a `free`. */
class Gate {
  #held = 0;
  #freed: (() => void)[] = [];

  /** Resolves once the gate is open. */
  async open(): Promise<void> {
    while (this.#held > 0) await new Promise<void>((resolve) => this.#freed.push(resolve));
  }

  hold(): void {
    this.#held++;
  }

  free(): void {
    this.#held--;
    if (this.#held === 0) for (const resolve of this.#freed.splice(0)) resolve();
  }
}

interface Link {
  readonly from: string;
  readonly to: string;
  readonly server: Server;
  /** `out`: for bytes that `from` sends. */
  readonly gates: Readonly<Record<Way, Gate>>;
  readonly sockets: Set<Socket>;
}

export class Links {
  readonly #links: Link[] = [];

  /** @returns the address of a proxy on loopback through which `from` reaches `to`, which is at `address`. */
  async between(from: string, to: string, address: string): Promise<string> {
    const link: Link = {
      from,
      to,
      server: createServer({ allowHalfOpen: true }, (near) => void carryBoth(link, near, address)),
      gates: { out: new Gate(), in: new Gate() },
      sockets: new Set(),
    };
    this.#links.push(link);
    link.server.listen(0, '127.0.0.1');
    await once(link.server, 'listening');
    return `127.0.0.1:${(link.server.address() as AddressInfo).port}`;
  }

  /**
   * Holds back the bytes that a program sends, receives, or both, until `release` is called. `reset` breaks the
   * program's connections.
   *
   * @returns the number of the program's connections, and `release`.
   */
  strike(program: string, fault: LinkFault): { connections: number; release: () => void } {
    const struck = this.#links.filter(({ from, to }) => from === program || to === program);
    const connections = struck.reduce((count, { sockets }) => count + sockets.size / 2, 0);
    if (fault === 'reset') for (const { sockets } of struck) resetAll(sockets);
    const gates = struck.flatMap(({ from, gates }) =>
      HELD[fault].map((way) => gates[from === program ? way : OPPOSITE[way]]),
    );
    for (const gate of gates) gate.hold();
    const release = (): void => {
      for (const gate of gates) gate.free();
    };
    return { connections, release };
  }

  close(): void {
    for (const { server, sockets } of this.#links) {
      server.close();
      resetAll(sockets);
    }
  }
}

function resetAll(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) socket.resetAndDestroy();
}

async function carryBoth({ gates, sockets }: Link, near: Socket, address: string): Promise<void> {
  keep(near, sockets);
  // Opening a connection needs packets in both directions.
  await gates.out.open();
  await gates.in.open();
  const far = connect({ ...parseAddress(address), allowHalfOpen: true });
  keep(far, sockets);
  void carry(near, far, gates.out);
  void carry(far, near, gates.in);
}

function keep(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => sockets.delete(socket));
}

/** Passes on bytes, the end, or the break of a connection, each once the gate is open. */
async function carry(source: Socket, target: Socket, gate: Gate): Promise<void> {
  try {
    for await (const bytes of source.iterator({ destroyOnReturn: false })) {
      await gate.open();
      if (!target.write(bytes)) await drained(target);
    }
    await gate.open();
    target.end();
  } catch {
    await gate.open();
    target.resetAndDestroy();
  }
}

/** Resolves once a socket takes more bytes, or is closed. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    if (socket.destroyed) resolve();
    else socket.on('drain', done).on('close', done);
  });
}
