/** What a thread with teachers does: one command after another where they compute, all at once where they wait. */
import type { MessagePort } from 'node:worker_threads';
import { toLyceumError } from '@lyceum/proto';
import type {
  Answer,
  ComputeCommand,
  ComputeDevice,
  ComputeReply,
  ComputeRequest,
} from './protocol.js';
import { OutsideFailure } from './rows/index.js';
import type { Teachers } from './teachers.js';

export interface AnswerThread {
  readonly port: MessagePort;
  readonly teachers: Teachers;
  /** Commands are carried out side by side; each teacher's own do not overlap. */
  readonly atOnce: boolean;
  readonly device: ComputeDevice;
  readonly warnings: readonly string[];
}

export function serveCommands({ port, teachers, atOnce, device, warnings }: AnswerThread): void {
  const post = (reply: ComputeReply, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(reply, transfer);
  const carryOut = async ({ id, command }: ComputeRequest): Promise<void> => {
    try {
      const result = await teachers.run(command);
      post({ reply: 'done', id, result }, buffersOf(command, result));
    } catch (thrown) {
      const { code, message } = toLyceumError(thrown);
      post({ reply: 'failed', id, code, message, outside: thrown instanceof OutsideFailure });
    }
  };
  let turn: Promise<void> = Promise.resolve();
  port.on('message', (request: ComputeRequest) => {
    if (atOnce) void carryOut(request);
    else turn = turn.then(() => carryOut(request));
  });
  post({ reply: 'ready', device, warnings });
}

/** What need not be copied to the other side. */
function buffersOf({ command }: ComputeCommand, result: unknown): ArrayBuffer[] {
  if (command === 'infer') return [(result as Float32Array<ArrayBuffer>).buffer];
  if (command !== 'answer') return [];
  // Tensors of equal outputs share their memory, which may be named once.
  return [...new Set((result as Answer).tensors.map(({ values }) => values.buffer))];
}
