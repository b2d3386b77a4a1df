/** A disk that can be filled and emptied again: a tmpfs, so a real ENOSPC. Mounting needs root. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FILLER = 'filler';

export class SmallDisk {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param folder - made if it is not there; what it holds is hidden until {@link unmount}. */
  static mount(folder: string, megabytes: number): SmallDisk {
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
    return new SmallDisk(folder);
  }

  /** True where this process may mount. */
  static get available(): boolean {
    const folder = mkdtempSync(join(tmpdir(), 'lyceum-mount-'));
    try {
      SmallDisk.mount(folder, 1).unmount();
      return true;
    } catch {
      return false;
    } finally {
      rmdirSync(folder);
    }
  }

  /** Takes all the room that is left. */
  async fill(): Promise<void> {
    const handle = await open(join(this.#folder, FILLER), 'a');
    try {
      const page = Buffer.alloc(4096, 1);
      for (;;) await handle.write(page);
    } catch (err) {
      if (!(err instanceof Error && 'code' in err && err.code === 'ENOSPC')) throw err;
    } finally {
      await handle.close();
    }
  }

  async makeRoom(): Promise<void> {
    await rm(join(this.#folder, FILLER), { force: true });
  }

  unmount(): void {
    execFileSync('umount', ['-l', this.#folder]);
  }
}
