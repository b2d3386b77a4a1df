/** The table of all architectures. */
import type { z } from 'zod';
import type { Architecture } from './architecture.js';
import { conv } from './conv.js';
import { embeddingBag } from './embedding-bag.js';
import { lenet } from './lenet.js';
import { mlp } from './mlp.js';
import { resnet } from './resnet.js';

/** In the order in which messages name them. */
const TABLE = [mlp, lenet, conv, resnet, embeddingBag] as const;

/** An architecture by its name in a run, with its settings. */
export type ArchitectureSettings = z.output<(typeof TABLE)[number]['settings']>;
export type ArchitectureName = ArchitectureSettings['architecture'];

type AnyArchitecture = Architecture<z.ZodType<ArchitectureSettings>>;

export const ARCHITECTURES: readonly AnyArchitecture[] = TABLE;

const [first, ...others] = TABLE;
export const ARCHITECTURE_NAMES = [first.name, ...others.map(({ name }) => name)] as const;

/** The architecture of this name; undefined: none. */
export function architectureNamed(name: unknown): AnyArchitecture | undefined {
  return ARCHITECTURES.find((architecture) => architecture.name === name);
}

export function architectureOf({
  architecture,
}: {
  readonly architecture: ArchitectureName;
}): AnyArchitecture {
  const found = architectureNamed(architecture);
  if (found === undefined) throw new Error(`no architecture ${architecture}`);
  return found;
}
