/** Tells whether a set's file is a manifest, without reading all of it. */
import { NpzOnDisk } from '../../files/index.js';

/**
 * @param path - of a file whose digest was checked. Also false of a file that is no set: its reader will report
 *   that.
 */
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
