/** Compiles the library that makes writes fail on demand. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('./faulty-disk.cpp', import.meta.url));

/** @returns the environment of a program whose writes fail as `faultFile` says. */
export function buildFaultyDisk(folder: string, faultFile: string): NodeJS.ProcessEnv {
  const library = join(folder, 'faulty-disk.so');
  execFileSync('g++', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl']);
  return { LD_PRELOAD: library, LYCEUM_TEST_FAULT: faultFile };
}
