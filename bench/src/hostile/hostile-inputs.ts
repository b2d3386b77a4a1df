/** What is given to a coordinator to harm it, each in a line. */
import type { CoordinatorClient } from '@lyceum/coordinator/client';
import { ArtifactKind } from '@lyceum/proto';
import type { BenchOptions } from '../bench-cluster.js';
import { hostilePackages, type Lures } from './hostile-packages.js';

export interface HostileInput {
  readonly name: string;
  /** Resolves or rejects once the coordinator has answered. */
  readonly send: (client: CoordinatorClient, signal: BenchOptions['signal']) => Promise<unknown>;
}

const { ARTIFACT_KIND_MODEL } = ArtifactKind;

export function hostileInputs(lures: Lures): HostileInput[] {
  return [
    ...hostilePackages(lures).map(({ name, bytes }) => pushed(name, ARTIFACT_KIND_MODEL, bytes)),
    submitted('document: a key of 500 kB', `${'a'.repeat(500_000)}: 1`),
    submitted(
      'document: ten thousand keys',
      [...Array(10_000).keys()].map((i) => `k${i}: 1`).join('\n'),
    ),
    submitted('document: lists 10,000 deep', `a: ${'['.repeat(10_000)}${']'.repeat(10_000)}`),
  ];
}

function pushed(name: string, kind: ArtifactKind, bytes: Uint8Array): HostileInput {
  return {
    name,
    send: (client, signal) => client.pushArtifact(kind, 'hostile', bytes, { signal }),
  };
}

function submitted(name: string, document: string): HostileInput {
  return { name, send: (client) => client.submitRun(document) };
}
