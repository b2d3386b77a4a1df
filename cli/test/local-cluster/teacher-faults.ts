/** Teacher workers of a local cluster that give wrong answers on demand: see `faulty-teacher.cjs`. */
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type TeacherFault = 'nan' | 'shift' | 'poison';

export class TeacherFaults {
  readonly #file: string;

  /** @param file - while it is missing, there are no faults. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Environment of the cluster's processes. */
  get env(): NodeJS.ProcessEnv {
    const preload = fileURLToPath(new URL('./faulty-teacher.cjs', import.meta.url));
    return { NODE_OPTIONS: `--require=${preload}`, LYCEUM_TEST_TEACHER_FAULTS: this.#file };
  }

  /** From now on these workers, and no others, are wrong. */
  set(faults: Readonly<Record<string, TeacherFault>>): void {
    writeFileSync(this.#file, JSON.stringify(faults));
  }

  clear(): void {
    rmSync(this.#file, { force: true });
  }
}
