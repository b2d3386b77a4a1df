/** Completion for shells: tables made from the commander program, and a script for each shell. */
import type { Command } from 'commander';
import { bashScript } from './bash.js';
import { completionTable } from './completion-table.js';
import { fishScript } from './fish.js';
import { zshScript } from './zsh.js';

export { NAME_KINDS, type NameKind } from './completion-table.js';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

export type Shell = keyof typeof SCRIPTS;

export const SHELLS = Object.keys(SCRIPTS) as Shell[];

/** @param program - with all its commands. */
export function completionScript(program: Command, shell: Shell): string {
  return SCRIPTS[shell](completionTable(program));
}
