/** Inference times of looked-up teachers, in a file that their workers read for each ticket. */
import { rename, writeFile } from 'node:fs/promises';
import type { CoordinatorClient } from '@lyceum/cli/client';
import { digestHex, LyceumError } from '@lyceum/proto';
import { TEACHERS } from '../measuring/index.js';

/** Milliseconds of one inference, in the order of {@link TEACHERS}. */
export type Times = readonly number[];

export class TeacherTimes {
  /** Path of the file, for the workers. */
  readonly file: string;
  #identities: readonly string[] = [];

  private constructor(file: string) {
    this.file = file;
  }

  /** Until times are set, each teacher takes the time that its worker was started with. */
  static async create(file: string): Promise<TeacherTimes> {
    await writeFile(file, '{}');
    return new TeacherTimes(file);
  }

  /** Learns the teachers' identities from the answer store: each teacher must have answered something. */
  async meet(client: CoordinatorClient): Promise<void> {
    const tables = await client.listAnswerTables();
    this.#identities = TEACHERS.map((name) => {
      const table = tables.find(({ teacher }) => teacher === name);
      if (table === undefined) throw new LyceumError('INTERNAL', `${name} has answered nothing`);
      return digestHex(table.teacherIdentity);
    });
  }

  /** Sets the times. Workers may read the file at any time, so the file is replaced in one step. */
  async set(times: Times): Promise<void> {
    const byIdentity = Object.fromEntries(this.#identities.map((id, index) => [id, times[index]]));
    await writeFile(`${this.file}.new`, JSON.stringify(byIdentity));
    await rename(`${this.file}.new`, this.file);
  }
}
