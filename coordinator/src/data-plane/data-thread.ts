/** A thread of `data-threads.ts`. */
import { moved, offerToOwner } from '@lyceum/platform/threads';
import { combineRows } from './combine-rows.js';
import { buffersOf, type DataCalls } from './data-calls.js';
import { encodeRows } from './encode-rows.js';

offerToOwner<DataCalls>({
  combine(request) {
    const combined = combineRows(request);
    const { tensors, disagreements } = combined;
    return moved(
      combined,
      [...tensors, disagreements].map(({ buffer }) => buffer),
    );
  },
  encode(request) {
    encodeRows(request);
    const memories = request.outputs.map(({ codecs }) => codecs.map(({ memory }) => memory));
    return moved(memories, buffersOf(memories));
  },
});
