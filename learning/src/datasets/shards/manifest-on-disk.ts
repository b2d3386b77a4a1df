/** Whether a set's file is that of a set in shards, without reading all of it. */
import { NpzOnDisk } from '../../files/index.js';

/** @param path - of a file whose digest is known to be right. False also of what is no set at all: its reader says so. */
export function isManifestFile(path: string): boolean {
  let file: NpzOnDisk;
  try {
    file = new NpzOnDisk(path, 'data set');
  } catch {
    return false;
  }
  try {
    return file.names.includes('chunkEnds');
  } finally {
    file.close();
  }
}
