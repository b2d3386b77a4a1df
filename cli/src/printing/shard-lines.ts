/** What was found in shards, as lines for a person. */
import type { RegisteredSet } from '@lyceum/learning/indexing';
import { importLines } from './import-lines.js';
import { bytesText, countText } from './text/index.js';

export function shardLines({ summary, shards, mixing }: Omit<RegisteredSet, 'manifest'>): string[] {
  const [samples = '', ...others] = importLines(summary);
  const { count, chunks, pictureBytes } = shards;
  const meanBytes = bytesText(pictureBytes / chunks);
  return [
    samples,
    `shards    ${countText(count)}; ${bytesText(pictureBytes)} of pictures in ${countText(chunks)} chunks of ${meanBytes} on average`,
    ...(mixing === undefined ? [] : [mixingLine(mixing)]),
    ...others,
  ];
}

function mixingLine(mixing: NonNullable<RegisteredSet['mixing']>): string {
  const { batchSize, chunkOrder, fullOrder } = mixing;
  return `mixing    a batch of ${batchSize} has ${chunkOrder.toFixed(1)} distinct classes in the order by chunks, ${fullOrder.toFixed(1)} in full order`;
}
