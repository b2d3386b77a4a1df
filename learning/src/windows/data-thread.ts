/** The thread that reads, verifies and decodes pictures; see `windows.ts`. */
import { workerData } from 'node:worker_threads';
import { offerToOwner } from '@lyceum/platform/threads';
import { DataRoom } from './data-room.js';
import { localObjects } from './local-objects.js';
import type { DataCalls, DataNews, DataSettings } from './window-calls.js';

const settings = workerData as DataSettings;
let room: DataRoom | undefined;
const opened = (): DataRoom => {
  room ??= new DataRoom(localObjects(settings.objects.datasetsRoot ?? '.'), settings, news);
  return room;
};
const news: DataNews = { warn: (fields, message) => owner.tell('warn', fields, message) };
const owner = offerToOwner<DataCalls, DataNews>({
  open: (set) => opened().open(set),
  take: (id, digest, samples) => opened().take(id, digest, samples),
  release: (id) => opened().release(id),
  fetchAhead: (digest, samples) => opened().fetchAhead(digest, samples),
  forget: (digest, samples) => opened().forget(digest, samples),
  keepSets: (digests) => opened().keepSets(digests),
});
