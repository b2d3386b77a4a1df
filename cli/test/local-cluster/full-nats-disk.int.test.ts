/** Real processes and a tmpfs: the store of a cluster's NATS is on a disk of its own, which is full for a while. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeDataset } from '@lyceum/learning/datasets';
import { ArtifactKind } from '@lyceum/proto';
import { expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import { startCluster } from './cluster-runs.js';
import { SmallDisk } from './full-disk.js';
import { images } from './long-run.js';

const PATIENT = { timeout: 240_000, interval: 50 };

test.runIf(SmallDisk.available)(
  'NATS is started anew once its own disk has room again, and takes what is pushed',
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'lyceum-nats-disk-'));
    const disk = SmallDisk.mount(path.join(folder, 'nats'), 64);
    const lines: string[] = [];
    const cluster = await startCluster({
      teacherWorkers: 0,
      studentWorkers: 0,
      stateDir: folder,
      log: (line) => lines.push(line),
    });
    const client = new CoordinatorClient(cluster.address);
    try {
      const told = (part: string) => lines.filter((line) => line.includes(part)).length;
      const full = `the disk of ${path.join(folder, 'nats')} is full: runs wait or are PAUSED; make 16 MiB of room on it`;
      await disk.fill();
      await vi.waitFor(() => expect(told(full)).toBe(1), PATIENT);
      await disk.makeRoom();
      await vi.waitFor(() => expect(told('nats-server is ready')).toBe(2), PATIENT);
      const push = () =>
        client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'images', encodeDataset(images()));
      await vi.waitFor(push, PATIENT);
    } finally {
      client.close();
      await cluster.stop();
      disk.unmount();
      await rm(folder, { recursive: true, force: true });
    }
  },
  300_000,
);
