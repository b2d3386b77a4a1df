/**
 * Our side of `data`, a process of its own: `node reader.js JOB.json` opens windows onto a set, as a worker does, and
 * makes batches of them. While one window is used, the next one is read. Prints one line of JSON.
 */
import { readFile } from 'node:fs/promises';
import { parseStoredDataset, seenDataset, splitSamples, withHeld } from '@lyceum/learning/datasets';
import { orderedSamples } from '@lyceum/learning/orders';
import { views } from '@lyceum/learning/specification';
import { readInputs, viewAt } from '@lyceum/learning/views';
import { openWindows, type Window } from '@lyceum/learning/windows';
import { createLogger } from '@lyceum/platform';
import { BATCH_PICTURES, CROP_SIDE, GRID, type ReaderFigures, type ReaderJob } from './data-job.js';

const MIB = 2 ** 20;
/** Memory of a window: the default of workers. */
const MEMORY_BYTES = 512 * MIB;
const CACHE_BYTES = 32 * 1024 * MIB;
const SPAN_BYTES = 128 * MIB;

const job = JSON.parse(await readFile(process.argv[2] as string, 'utf8')) as ReaderJob;
const cpuBefore = process.cpuUsage();
const begin = performance.now();
const windows = openWindows({
  objects: { ...job.objects, allowedAddresses: [] },
  cacheFolder: job.cacheFolder,
  cacheBytes: CACHE_BYTES,
  memoryBytes: MEMORY_BYTES,
  decodeThreads: job.threads,
  log: createLogger({ name: 'reader', level: 'warn' }),
});
await windows.open({ digest: job.digest, file: job.manifest });
const set = seenDataset(parseStoredDataset(await readFile(job.manifest)), undefined);
const spans = spansOf(job.pictures);
const view = viewAt(views.parse({ randomResizedCrop: {} }), 0);
const shape = [CROP_SIDE, CROP_SIDE, GRID.channels];
const out = new Uint8Array(BATCH_PICTURES * CROP_SIDE * CROP_SIDE * GRID.channels);

let firstBatchSeconds = Number.NaN;
let next: Promise<Window> | undefined;
for (const [index, span] of spans.entries()) {
  const window: Window = await (next ?? windows.window(job.digest, span));
  const following = spans[index + 1];
  next = following && windows.window(job.digest, following);
  const held = withHeld(set, window.samples, window.inputs);
  for (let start = 0; start < span.length; start += BATCH_PICTURES) {
    readInputs(held, span.subarray(start, start + BATCH_PICTURES), view, out, shape);
    if (Number.isNaN(firstBatchSeconds)) firstBatchSeconds = (performance.now() - begin) / 1000;
  }
  window.release();
}
const seconds = (performance.now() - begin) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const { bytesRead, bytesWanted } = windows.counters();
const figures: ReaderFigures = {
  picturesPerSecond: job.pictures / seconds,
  cpuMsPerPicture: (user + system) / 1000 / job.pictures,
  firstBatchSeconds,
  residentMib: process.resourceUsage().maxRSS / 1024,
  bytesRead,
  bytesWanted,
};
await windows.close();
process.stdout.write(`${JSON.stringify(figures)}\n`);

/** Spans as in a run: as many whole batches as fit {@link SPAN_BYTES}, decoded. */
function spansOf(pictures: number): Uint32Array[] {
  const samples = splitSamples(set, 'train');
  const pictureBytes = GRID.height * GRID.width * GRID.channels;
  const blockPositions = Math.floor(SPAN_BYTES / pictureBytes / BATCH_PICTURES) * BATCH_PICTURES;
  const order = { seed: 1, epoch: 0, blockPositions };
  const ordered = orderedSamples(samples, set.chunkEnds, order, 0, pictures);
  return Array.from({ length: Math.ceil(pictures / blockPositions) }, (_, block) =>
    ordered.subarray(block * blockPositions, (block + 1) * blockPositions),
  );
}
