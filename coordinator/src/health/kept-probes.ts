/**
 * First answers to probes, of teachers behind servers: on disk beside the stored answers that they vouch for, a file
 * for each probe. A replica that is asked weeks later is compared with them.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '@lyceum/learning/files';
import { makeFolder, readIfThere } from '@lyceum/platform';
import { LyceumError, sha256Hex } from '@lyceum/proto';
import { z } from 'zod';

export interface KeptProbe {
  readonly isClass: boolean;
  readonly values: Float32Array;
  /** SHA-256 of the values. */
  readonly digest: string;
}

const kept = z.strictObject({
  probe: z.string(),
  isClass: z.boolean(),
  values: z.base64(),
  /** SHA-256 of the values' bytes. */
  digest: z.string(),
});

export class KeptProbes {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<KeptProbes> {
    await makeFolder(folder);
    return new KeptProbes(folder);
  }

  /**
   * @returns undefined: none is kept.
   *
   * @throws {LyceumError} if the file is not what {@link KeptProbes.write} wrote.
   */
  async read(probe: string): Promise<KeptProbe | undefined> {
    const text = await readIfThere(this.#path(probe));
    if (text === undefined) return undefined;
    try {
      return keptProbe(probe, text.toString());
    } catch (err) {
      const message = `${this.#path(probe)}, with which a teacher's answers are compared, is damaged; bring it back from a backup, or delete it to go on without that comparison`;
      throw new LyceumError('FAILED_PRECONDITION', message, { cause: err });
    }
  }

  async write(probe: string, { isClass, values }: KeptProbe): Promise<void> {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    const digest = sha256Hex(bytes);
    const text = JSON.stringify({ probe, isClass, values: bytes.toString('base64'), digest });
    await writeDurably(this.#path(probe), text);
  }

  async forget(probe: string): Promise<void> {
    await rm(this.#path(probe), { force: true });
  }

  #path(probe: string): string {
    return join(this.#folder, `${sha256Hex(probe).slice(0, 32)}.json`);
  }
}

/** @throws {Error} if the text is not what was written of that probe. */
function keptProbe(probe: string, text: string): KeptProbe {
  const { isClass, values, ...said } = kept.parse(JSON.parse(text));
  const bytes = Uint8Array.from(Buffer.from(values, 'base64'));
  const digest = sha256Hex(bytes);
  if (said.probe !== probe) throw new Error(`it is of the probe ${said.probe}`);
  if (said.digest !== digest) throw new Error('its values have another SHA-256');
  return { isClass, values: new Float32Array(bytes.buffer), digest };
}
