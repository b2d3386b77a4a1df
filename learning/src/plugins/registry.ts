/**
 * The plugin of this program. It is loaded before the program's own first line, in every thread, and never changes:
 * like the code itself, it is part of what a run's bits depend on, hence its digest in the run's record.
 */
import { LyceumError } from '@lyceum/proto';
import type { OwnRule, OwnTerm, Plugin } from './plugin.js';

export interface LoadedPlugin {
  /** SHA-256 of the file, hex. */
  readonly digest: string;
  readonly plugin: Plugin;
}

let loaded: LoadedPlugin | undefined;

/** For what starts a program; once. */
export function setPlugin(plugin: LoadedPlugin): void {
  if (loaded !== undefined) throw new Error('a program has one plugin');
  loaded = plugin;
}

/** Undefined: this program has none. */
export function loadedPlugin(): LoadedPlugin | undefined {
  return loaded;
}

/** @throws {LyceumError} FAILED_PRECONDITION if there is none of that name. */
export function ownTerm(name: string): OwnTerm {
  return found(loaded?.plugin.terms, 'term', name);
}

/** @throws {LyceumError} FAILED_PRECONDITION if there is none of that name. */
export function ownRule(name: string): OwnRule {
  return found(loaded?.plugin.rules, 'rule', name);
}

function found<T>(methods: Readonly<Record<string, T>> | undefined, what: string, name: string): T {
  const method = methods !== undefined && Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method !== undefined) return method;
  throw new LyceumError('FAILED_PRECONDITION', `no plugin with a ${what} ${name} is loaded`);
}
