/** The thread that combines what would hold up the event loop; see `combiner.ts`. */
import { parentPort } from 'node:worker_threads';
import { toLyceumError } from '@lyceum/proto';
import { type CombineReply, type CombineRequest, combineRows } from './combiner.js';

parentPort?.on('message', (request: CombineRequest) => {
  try {
    const tensors = combineRows(request);
    const reply: CombineReply = { tensors };
    parentPort?.postMessage(
      reply,
      tensors.map(({ buffer }) => buffer),
    );
  } catch (thrown) {
    const { code, message } = toLyceumError(thrown);
    parentPort?.postMessage({ code, message } satisfies CombineReply);
  }
});
