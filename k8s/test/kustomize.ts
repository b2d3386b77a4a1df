/** Builds kustomizations with the installed kubectl, and finds objects in the result. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const K8S = fileURLToPath(new URL('..', import.meta.url));

/** An object of Kubernetes, with the fields that tests read. */
export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a shape of its own, which the schemas check.
  readonly spec?: any;
  readonly data?: Readonly<Record<string, string>>;
}

/** kubectl brings kustomize. */
export const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

/** @param folder - below `k8s/`, as in `overlays/cpu`. */
export function built(folder: string): readonly KubernetesObject[] {
  return buildIn(join(K8S, folder));
}

/** Builds a user's overlay, in a folder of its own. @param text - with `K8S` for the path to `k8s/`. */
export function builtOwn(text: string): readonly KubernetesObject[] {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'lyceum-overlay-'));
  try {
    writeFileSync(
      join(folder, 'kustomization.yaml'),
      text.replaceAll('K8S', relative(folder, K8S)),
    );
    return buildIn(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @throws {Error} if there is none, or there are several. */
export function only(
  objects: readonly KubernetesObject[],
  kind: string,
  name: string,
): KubernetesObject {
  const [found, ...more] = objects.filter((o) => o.kind === kind && o.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  if (more.length > 0) throw new Error(`there are ${more.length + 1} of ${kind} ${name}`);
  return found;
}

function buildIn(folder: string): readonly KubernetesObject[] {
  const text = execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
  return parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
}
