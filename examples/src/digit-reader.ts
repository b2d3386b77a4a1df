/**
 * A black box in a process of its own: an HTTP server that answers each picture of a digit with a word. The
 * server holds the mean picture of each class of the training digits, and answers with the class whose mean
 * picture is nearest.
 *
 *     npm run digit-reader -- [PORT [TOKEN]]        POST / { pictures: [ … ] } → { digits: ["seven", … ] }
 *
 * If started with a TOKEN, the server answers only requests that carry the token.
 */
import { createServer } from 'node:http';
import { type Dataset, parseDataset, splitSamples } from '@lyceum/learning/datasets';
import { importPackaged } from '@lyceum/learning/import';
import { elementCount } from '@lyceum/proto';

const WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
/** Enough for some hundreds of pictures in JSON. */
const MAX_BYTES = 16 * 1024 * 1024;

/** [C][pixels], real values. */
function meanPictures({
  inputs,
  inputScale,
  labels,
  splits,
  sampleShape,
}: Dataset): Float64Array[] {
  const pixels = elementCount(sampleShape);
  const sums = WORDS.map(() => new Float64Array(pixels));
  const counts = WORDS.map(() => 0);
  for (const sample of splitSamples({ splits }, 'train')) {
    const label = labels[sample] as number;
    const sum = sums[label];
    if (sum === undefined) continue;
    counts[label] = (counts[label] ?? 0) + 1;
    for (let i = 0; i < pixels; i++) {
      sum[i] = (sum[i] as number) + (inputs[sample * pixels + i] as number) * inputScale;
    }
  }
  return sums.map((sum, label) => sum.map((value) => value / Math.max(1, counts[label] ?? 0)));
}

function wordOf(picture: readonly number[], means: readonly Float64Array[]): string {
  const distances = means.map((mean) =>
    mean.reduce((sum, value, i) => sum + (value - (picture[i] as number)) ** 2, 0),
  );
  return WORDS[distances.indexOf(Math.min(...distances))] as string;
}

const [port = '0', token] = process.argv.slice(2);
const cache = process.env['LYCEUM_CACHE'];
if (cache === undefined) throw new Error('start with `npm run digit-reader`');
const means = meanPictures(parseDataset(importPackaged('digits', cache)));
const server = createServer(async (request, response) => {
  if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
    response.writeHead(401).end();
    return;
  }
  try {
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of request as AsyncIterable<Buffer>) {
      parts.push(part);
      bytes += part.length;
      if (bytes > MAX_BYTES) throw new Error('too many pictures at once');
    }
    const { pictures } = JSON.parse(Buffer.concat(parts).toString()) as {
      // [height][width][1] each.
      pictures: number[][][][];
    };
    const digits = pictures.map((picture) => wordOf(picture.flat(2), means));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ digits }));
  } catch (err) {
    response.statusCode = 400;
    response.end(err instanceof Error ? err.message : String(err));
  }
});
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  const own = typeof address === 'object' ? address?.port : 0;
  process.stdout.write(`${JSON.stringify({ program: 'digit-reader', port: own })}\n`);
});
