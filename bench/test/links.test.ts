/** The network of the chaos run, between two sockets: what is held back in each direction, and what arrives later. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type LinkFault, Links } from '../src/chaos/links.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

/** A program `worker` connected to `coordinator`, and the text that each has received so far. */
async function linked() {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const links = new Links();
  closing.push(() => links.close());
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection');
  const proxy = new URL(
    `tcp://${await links.between('worker', 'coordinator', `127.0.0.1:${port}`)}`,
  );
  const near = connect({ host: proxy.hostname, port: Number(proxy.port) });
  const [far] = (await accepted) as [Socket];
  for (const socket of [near, far]) {
    socket.on('error', () => undefined);
    closing.push(() => socket.destroy());
  }
  return { links, near: heard(near), far: heard(far) };
}

function heard(socket: Socket) {
  const end = { socket, text: '' };
  socket.setEncoding('utf8').on('data', (text) => {
    end.text += text;
  });
  return end;
}

/** Resolves when the socket closes in any way. */
const closed = (socket: Socket) => new Promise((resolve) => socket.on('close', resolve));

/** Long enough for data that is not held back. If it took longer, the test would see less and not fail. */
const passed = () => new Promise((resolve) => setTimeout(resolve, 100));

test.each<[struck: string, fault: LinkFault, arrivesNear: string, arrivesFar: string]>([
  ['worker', 'cut', '', ''],
  ['worker', 'mute', 'to worker', ''],
  ['worker', 'deaf', '', 'to coordinator'],
  ['coordinator', 'cut', '', ''],
  ['coordinator', 'mute', '', 'to coordinator'],
  ['coordinator', 'deaf', 'to worker', ''],
  ['another', 'cut', 'to worker', 'to coordinator'],
])(
  'Links strike %s with %s: the worker gets "%s", the coordinator "%s", and all after the release',
  async (...row) => {
    const [struck, fault, arrivesNear, arrivesFar] = row;
    const { links, near, far } = await linked();
    const { release } = links.strike(struck, fault);
    near.socket.write('to coordinator');
    far.socket.write('to worker');
    await expect.poll(() => [near.text, far.text]).toEqual([arrivesNear, arrivesFar]);
    await passed();
    expect([near.text, far.text]).toEqual([arrivesNear, arrivesFar]);
    release();
    await expect.poll(() => [near.text, far.text]).toEqual(['to worker', 'to coordinator']);
  },
);

test('Links report a closed end only after the network is back', async () => {
  const { links, near, far } = await linked();
  const { release } = links.strike('coordinator', 'cut');
  near.socket.destroy();
  await passed();
  expect(far.socket.readableEnded || far.socket.destroyed).toBe(false);
  release();
  await once(far.socket, 'end');
});

test('Links reset a connection at both ends', async () => {
  const { links, near, far } = await linked();
  const broken = Promise.all([near, far].map(({ socket }) => closed(socket)));
  const { connections } = links.strike('worker', 'reset');
  expect(connections).toBe(1);
  await broken;
});
