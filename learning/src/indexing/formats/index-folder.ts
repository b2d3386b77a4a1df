/** Indexes some pictures of a folder, each a file of its own. Their labels are in their names. */
import { SampleRefusedError } from '../../datasets/encoding/index.js';
import { mapInOrder } from '../../import/images/index.js';
import { IMAGE_FILE_MAX_BYTES } from '../../pictures/index.js';
import { type IndexOptions, RowsBuilder, type ShardRows, tooLarge } from './rows/index.js';

/** Files that are read at once: a server answers each request after some milliseconds. */
const READ_AT_ONCE = 16;

/**
 * @param files - their URLs and sizes.
 * @param read - reads a file by its place in `files`.
 * @returns rows whose offset is the place in `files`.
 */
export async function indexFiles(
  files: readonly { readonly url: string; readonly sizeBytes: number }[],
  read: (place: number) => Promise<Buffer>,
  { decode }: Pick<IndexOptions, 'decode'>,
): Promise<ShardRows> {
  const rows = new RowsBuilder(decode);
  const bytesOf = async (place: number): Promise<Buffer | SampleRefusedError> => {
    const { sizeBytes } = files[place] as { sizeBytes: number };
    return sizeBytes > IMAGE_FILE_MAX_BYTES ? tooLarge(sizeBytes) : read(place);
  };
  let place = 0;
  for await (const bytes of mapInOrder(places(files.length), READ_AT_ONCE, bytesOf)) {
    const where = (files[place] as { url: string }).url;
    if (bytes instanceof SampleRefusedError) rows.refusals.add({ where, refusal: bytes });
    else await rows.add({ where, offset: place, bytes, label: undefined, group: place });
    place += 1;
  }
  return rows.finish(false);
}

async function* places(count: number): AsyncGenerator<number, void, undefined> {
  for (let place = 0; place < count; place++) yield place;
}
