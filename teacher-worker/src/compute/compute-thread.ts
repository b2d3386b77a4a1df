/** Entry of the compute thread: carries out one command after another. It may block as long as it likes. */
import { parentPort, workerData } from 'node:worker_threads';
import { openEngine } from '@lyceum/learning/tensorflow';
import { toLyceumError } from '@lyceum/proto';
import type { Answer, ComputeReply, ComputeRequest, ComputeSettings } from './protocol.js';
import { Teachers } from './teachers.js';

if (parentPort === null) throw new Error('compute-thread.js runs in a worker thread only');
const port = parentPort;
const settings = workerData as ComputeSettings;

const warnings: string[] = [];
const engine = await openEngine({ warn: (message) => warnings.push(message) });
const teachers = new Teachers(engine, settings, (identity, reason) =>
  post({ reply: 'untraced', identity, reason }),
);

let turn: Promise<void> = Promise.resolve();
port.on('message', (request: ComputeRequest) => {
  turn = turn.then(() => carryOut(request));
});
post({
  reply: 'ready',
  device: {
    engine: settings.lookupDelayMs === undefined ? engine.name : 'lookup',
    engineVersion: engine.version,
    device: engine.device,
  },
  warnings,
});

async function carryOut({ id, command }: ComputeRequest): Promise<void> {
  try {
    const result = await teachers.run(command);
    post(
      { reply: 'done', id, result },
      command.command === 'answer' ? buffers(result as Answer) : [],
    );
  } catch (thrown) {
    const { code, message } = toLyceumError(thrown);
    post({ reply: 'failed', id, code, message });
  }
}

/** Tensors of equal outputs share their memory, which may be named once. */
function buffers({ tensors }: Answer): ArrayBuffer[] {
  return [...new Set(tensors.map(({ values }) => values.buffer))];
}

function post(reply: ComputeReply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(reply, transfer);
}
