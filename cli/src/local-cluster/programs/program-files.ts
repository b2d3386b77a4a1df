/** Paths of the compiled programs, relative to this package, which starts them and never imports them. */
import { fileURLToPath } from 'node:url';

const PACKAGE = new URL('../../../', import.meta.url);

const FILES = {
  coordinator: 'dist/main.js',
  guard: 'dist/local-cluster/programs/guard.js',
  'teacher-worker': '../teacher-worker/dist/main.js',
  'student-worker': '../student-worker/dist/main.js',
} as const;

export type ProgramName = keyof typeof FILES;

export function programFile(name: ProgramName): string {
  return fileURLToPath(new URL(FILES[name], PACKAGE));
}
