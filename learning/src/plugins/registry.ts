/**
 * The plugin of this program. It is loaded before the program's first line, in every thread, and never changes. Like
 * the code itself it decides a run's bits, so its digest is in the run's record.
 */
import { LyceumError } from '@lyceum/proto';
import type { OwnRule, OwnTerm, Plugin } from './plugin.js';

export interface LoadedPlugin {
  /** SHA-256 of the file, hex. */
  readonly digest: string;
  readonly plugin: Plugin;
}

let loaded: LoadedPlugin | undefined;

/** Called once, by the code that starts a program. */
export function setPlugin(plugin: LoadedPlugin): void {
  if (loaded !== undefined) throw new Error('a program has one plugin');
  loaded = plugin;
}

/** Undefined: this program has no plugin. */
export function loadedPlugin(): LoadedPlugin | undefined {
  return loaded;
}

/** @throws {LyceumError} FAILED_PRECONDITION if there is no term of that name. */
export function ownTerm(name: string): OwnTerm {
  return found(loaded?.plugin.terms, 'term', name);
}

/** @throws {LyceumError} FAILED_PRECONDITION if there is no rule of that name. */
export function ownRule(name: string): OwnRule {
  return found(loaded?.plugin.rules, 'rule', name);
}

function found<T>(methods: Readonly<Record<string, T>> | undefined, what: string, name: string): T {
  const method = methods !== undefined && Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method !== undefined) return method;
  throw new LyceumError('FAILED_PRECONDITION', `no plugin with a ${what} ${name} is loaded`);
}
