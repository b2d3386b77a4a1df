/**
 * Measures the processor time that grpc-js needs in this process to receive a value and to send a number. The peer is
 * another process.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type * as grpc from '@grpc/grpc-js';
import { createLogger, RpcServer, SERVICES } from '@lyceum/platform';
import {
  type AnswerFrame,
  type AnswerReceipt,
  float32Tensor,
  type TargetFrame,
  type TargetRequest,
} from '@lyceum/proto';
import { frameRows, logitsOf } from './frames.js';

/** Number of values in a measurement. */
const CARRIED_VALUES = 60_000_000;

const PEER = new URL('./transport-peer.js', import.meta.url);

export interface Transport {
  readonly receiveNsPerValue: number;
  readonly sendNsPerNumber: number;
}

export async function transportOf(classCount: number): Promise<Transport> {
  const rows = frameRows(classCount);
  const frames = Math.ceil(CARRIED_VALUES / (rows * classCount));
  const target = float32Tensor('soft', [rows, classCount], logitsOf(0, rows, classCount));
  const server = await RpcServer.start({
    address: '127.0.0.1:0',
    log: createLogger({ name: 'transport', level: 'warn' }),
    insecure: false,
    services: [
      [SERVICES.teacher, { session: refused, sendAnswers: taken }],
      [
        SERVICES.student,
        {
          ...Object.fromEntries(Object.keys(SERVICES.student).map((name) => [name, refused])),
          receiveTargets: (call: grpc.ServerDuplexStream<TargetRequest, TargetFrame>) =>
            void send(call, frames, target),
        },
      ],
    ],
  });
  try {
    const values = frames * rows * classCount;
    const peer = (kind: string) => runPeer([server.address, kind, `${classCount}`, `${frames}`]);
    await peer('answers');
    const receiveNsPerValue = await nsOf(values, () => peer('answers'));
    await peer('targets');
    const sendNsPerNumber = await nsOf(values, () => peer('targets'));
    return { receiveNsPerValue, sendNsPerNumber };
  } finally {
    await server.stop(0);
  }
}

/** Reads frames, and drops them. */
function taken(call: grpc.ServerDuplexStream<AnswerFrame, AnswerReceipt>): void {
  call.on('data', () => undefined);
  call.on('end', () => call.end());
}

async function send(
  call: grpc.ServerDuplexStream<TargetRequest, TargetFrame>,
  frames: number,
  tensor: ReturnType<typeof float32Tensor>,
): Promise<void> {
  for (let sent = 0; sent < frames; sent++) {
    const frame = { epoch: 0, firstPosition: sent, tensors: [tensor], figures: [] };
    if (!call.write(frame)) await once(call, 'drain');
  }
  call.end();
}

function refused(call: { end(): void }): void {
  call.end();
}

async function runPeer(args: readonly string[]): Promise<void> {
  const [code] = await once(fork(PEER, args), 'exit');
  if (code !== 0) throw new Error(`the peer of ${args.join(' ')} ended with ${code}`);
}

async function nsOf(values: number, work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / values;
}
