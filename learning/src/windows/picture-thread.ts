/** The thread that reads, verifies and decodes pictures; see `windows.ts`. */
import { workerData } from 'node:worker_threads';
import { AddressGuard } from '@lyceum/platform';
import { openObjects } from '@lyceum/platform/objects';
import { offerToOwner } from '@lyceum/platform/threads';
import { PictureRoom } from './picture-room.js';
import type { PictureCalls, PictureNews, PictureRoomSettings } from './window-calls.js';

const settings = workerData as PictureRoomSettings;
const owner = offerToOwner<PictureCalls, PictureNews>({
  open: async (set) => (await room).open(set),
  take: async (id, digest, samples) => (await room).take(id, digest, samples),
  release: async (id) => (await room).release(id),
  fetchAhead: async (digest, samples) => (await room).fetchAhead(digest, samples),
  forget: async (digest, samples) => (await room).forget(digest, samples),
  keepSets: async (digests) => (await room).keepSets(digests),
});
const { allowedAddresses, ...places } = settings.objects;
const objects = openObjects({ ...places, guard: new AddressGuard(allowedAddresses) });
const room = PictureRoom.open(objects, settings, {
  warn: (fields, message) => owner.tell('warn', fields, message),
});
