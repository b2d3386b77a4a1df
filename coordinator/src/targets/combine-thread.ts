/** The thread that combines what would hold up the event loop; see `combiner.ts`. */
import { moved, offerToOwner } from '@lyceum/platform/threads';
import { type CombineCalls, combineRows } from './combiner.js';

offerToOwner<CombineCalls>({
  combine(request) {
    const combined = combineRows(request);
    const { tensors, disagreements } = combined;
    return moved(
      combined,
      [...tensors, disagreements].map(({ buffer }) => buffer),
    );
  },
});
