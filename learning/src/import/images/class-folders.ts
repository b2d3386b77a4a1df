/**
 * A folder of files, one folder a class: `cat/1.png`, or with splits `train/cat/1.png`. The caller says by a pattern
 * which file names count; folders inside a class's folder belong to the class. Order: names sorted as strings, folder
 * by folder, so that equal folders give
 * equal sets.
 */
import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { LyceumError, type Problem } from '@lyceum/proto';
import { SampleRefusedError } from '../../datasets/encoding/index.js';
import { type SplitName, splitNamed } from '../../datasets/index.js';
import { shownName } from '../../files/index.js';
import type { Ignored, RefusedSample } from '../samples/index.js';

/** Greatest depth of folders inside a class's folder. */
const MAX_DEPTH = 16;

export interface ClassFile {
  /** Path below the folder. */
  readonly path: string;
  readonly label: string;
  readonly split: SplitName | undefined;
}

/** The files that are wanted. */
export interface SoughtFiles {
  readonly name: RegExp;
  /** The word for them in the plural, for messages. */
  readonly words: string;
}

export class ClassFolders {
  /** The folder's real path. */
  readonly root: string;
  readonly #sought: SoughtFiles;
  readonly #ignored: Ignored;
  /** By class, if its folder has no files directly in it: the folders in it. */
  readonly #inner = new Map<string, readonly string[]>();

  private constructor(root: string, sought: SoughtFiles, ignored: Ignored) {
    this.root = root;
    this.#sought = sought;
    this.#ignored = ignored;
  }

  /** @param ignored - notes the files that are left out. */
  static async open(folder: string, sought: SoughtFiles, ignored: Ignored): Promise<ClassFolders> {
    return new ClassFolders(await realpath(folder), sought, ignored);
  }

  /** @throws {LyceumError} INVALID_ARGUMENT if the folder has no folders of classes, or cannot be read. */
  async *files(): AsyncGenerator<ClassFile | RefusedSample, void, undefined> {
    const folders = yield* this.#classFolders('');
    if (folders.length === 0) {
      const { words } = this.#sought;
      const message = `${this.root}: has no folders of classes; want one folder of ${words} a class, or push a table of files with --image and --label`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const named = folders.filter((name) => splitNamed(name) !== undefined);
    const others = folders.filter((name) => !named.includes(name));
    const areSplits =
      named.some((name) => splitNamed(name) === 'train') && !(await this.#anyHasFiles(others));
    if (!areSplits) {
      for (const name of folders) yield* this.#classFiles(name, name, undefined, 0);
      return;
    }
    for (const name of others) this.#ignored.add(name);
    for (const splitFolder of named) {
      for (const name of yield* this.#classFolders(splitFolder)) {
        yield* this.#classFiles(join(splitFolder, name), name, splitNamed(splitFolder), 0);
      }
    }
  }

  /** What is probably wrong with the folders, once all files were found. */
  warnings(): Problem[] {
    const [first, ...others] = [...this.#inner];
    if (first === undefined || others.length === 0) return [];
    const [, names] = first;
    if (names.length < 2 || others.some(([, own]) => `${own}` !== `${names}`)) return [];
    const classes = [...this.#inner.keys()].map(shownName).join(', ');
    const inside = names.slice(0, SHOWN).map(shownName).join(', ');
    const message = `${classes} have the same folders in them: ${inside}${names.length > SHOWN ? ', …' : ''}. If those are the classes, call the outer ones train, validation, test; or push one of them`;
    return [{ path: 'classes', message }];
  }

  /** Whether one of the folders has a wanted file. */
  async #anyHasFiles(folders: readonly string[]): Promise<boolean> {
    for (const name of folders) {
      for await (const found of this.#classFiles(name, name, undefined, 0, false)) {
        if (!('refusal' in found)) return true;
      }
    }
    return false;
  }

  /** @returns names of the folders in `path`, which should hold only folders. */
  async *#classFolders(path: string): AsyncGenerator<RefusedSample, string[], undefined> {
    const folders: string[] = [];
    for (const entry of await this.#sortedEntries(path, true)) {
      const name = join(path, entry.name);
      if (entry.name.includes('\ufffd')) {
        const message = 'has a name that is not UTF-8; convmv -f latin1 -t utf8 renames it';
        yield refused(name, 'no UTF-8', message);
      } else if (entry.isDirectory()) folders.push(entry.name);
      else if (entry.isSymbolicLink()) yield refusedLink(name);
      else if (this.#sought.name.test(entry.name)) {
        const message = 'lies in no folder of a class, so has no label';
        yield refused(name, 'no label', message);
      } else this.#ignored.add(name);
    }
    return folders;
  }

  /** @param tells - whether files that are left out are noted. */
  async *#classFiles(
    path: string,
    label: string,
    split: SplitName | undefined,
    depth: number,
    tells = true,
  ): AsyncGenerator<ClassFile | RefusedSample, void, undefined> {
    if (depth > MAX_DEPTH) {
      const message = `lies more than ${MAX_DEPTH} folders deep`;
      yield refused(path, 'too deep', message);
      return;
    }
    const entries = await this.#sortedEntries(path, tells);
    if (depth === 0 && entries.length === 0) {
      yield refused(path, 'empty class', `has no ${this.#sought.words}`);
    }
    const isFile = ({ name }: Dirent) => this.#sought.name.test(name);
    if (depth === 0 && tells && !entries.some((entry) => !entry.isDirectory() && isFile(entry))) {
      const inner = entries.filter((entry) => entry.isDirectory());
      this.#inner.set(
        path,
        inner.map(({ name }) => name),
      );
    }
    for (const entry of entries) {
      const name = join(path, entry.name);
      if (entry.isDirectory()) yield* this.#classFiles(name, label, split, depth + 1, tells);
      else if (isFile(entry)) yield { path: name, label, split };
      else if (entry.isSymbolicLink()) yield refusedLink(name);
      else if (tells) this.#ignored.add(name);
    }
  }

  /** Sorted, without hidden files, which are not data. */
  async #sortedEntries(path: string, tells: boolean): Promise<Dirent[]> {
    const folder = join(this.root, path);
    const entries = await readdir(folder, { withFileTypes: true }).catch((err: unknown) => {
      const cause = err instanceof Error ? err.message : String(err);
      const message = `${folder} cannot be read: ${cause}`;
      throw new LyceumError('INVALID_ARGUMENT', message, { cause: err });
    });
    const isHidden = (entry: Dirent) => entry.name.startsWith('.');
    for (const entry of tells ? entries.filter(isHidden) : []) {
      this.#ignored.add(join(path, entry.name));
    }
    const visible = entries.filter((entry) => !isHidden(entry));
    return visible.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** How many names a warning shows. */
const SHOWN = 5;

/** Links to folders are refused: such a link may lead back to its own place, for ever. */
function refusedLink(path: string): RefusedSample {
  const message = 'is a link to something that is no such file; links to folders are not followed';
  return refused(path, 'link to a folder', message);
}

function refused(where: string, reason: string, message: string): RefusedSample {
  return { where, refusal: new SampleRefusedError(reason, message) };
}
