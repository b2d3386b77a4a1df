import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import {
  describeDataset,
  encodeManifest,
  type ManifestParts,
  parseStoredDataset,
  picturePlaces,
  seenDataset,
  withHeld,
} from '../../src/datasets/index.js';
import { IDENTITY_VIEW, readInputs } from '../../src/views/index.js';

function parts(): ManifestParts {
  const sampleCount = 6;
  return {
    sampleCount,
    classCount: 2,
    classNames: ['cat', 'dog'],
    labels: Int32Array.from([0, 1, -1, 0, 1, 0]),
    splits: Uint8Array.from([1, 1, 1, 2, 2, 3]),
    chunkEnds: Uint32Array.from([2, 3, 5, 6]),
    shards: {
      shards: [
        { url: 's3://bucket/train-0.tar', format: 'tar', sizeBytes: 4096, etag: '"a"' },
        { url: 'photos/', format: 'folder', sizeBytes: 0 },
      ],
      grid: { height: 1, width: 2, channels: 1, fit: 'cover' },
      decoder: 'v1, libvips 8.18.3',
      canary: { samples: [0, 5], digest: 'ab'.repeat(32) },
      shardOf: Uint32Array.from([0, 0, 0, 0, 0, 1]),
      offsets: Float64Array.from([512, 1536, 2048, 2560, 3072, 0]),
      lengths: Uint32Array.from([10, 10, 10, 10, 1024, 70]),
      digests: new Uint8Array(sampleCount * 16).fill(7),
      paths: { bytes: Buffer.from('cat/1.png'), ends: Uint32Array.from([0, 0, 0, 0, 0, 9]) },
    },
  };
}

describe('the manifest of a data set in shards', () => {
  it('is read by parseStoredDataset, with no samples in memory', () => {
    const { shards, ...samples } = parts();
    const stored = parseStoredDataset(encodeManifest(parts()));
    expect(stored).toMatchObject({ ...samples, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(stored.shards).toEqual({
      ...shards,
      paths: {
        bytes: new Uint8Array(Buffer.from('cat/1.png')),
        ends: Uint32Array.from([0, 0, 0, 0, 0, 9]),
      },
    });
    const seen = seenDataset(stored, undefined);
    expect(seen.sampleShape).toEqual([1, 2, 1]);
    expect(() =>
      readInputs(seen, Uint32Array.of(3), IDENTITY_VIEW, new Float32Array(2)),
    ).toThrowError(/sample 3 is not among the 0 that are in memory/);
  });

  it('reads held samples by their numbers in the data set', () => {
    const seen = seenDataset(parseStoredDataset(encodeManifest(parts())), undefined);
    const held = withHeld(seen, Uint32Array.of(4, 1), Uint8Array.of(255, 0, 51, 102));
    const out = new Float32Array(4);
    readInputs(held, Uint32Array.of(1, 4), IDENTITY_VIEW, out);
    expect([...out]).toEqual([51, 102, 255, 0].map((byte) => Math.fround(byte * (1 / 255))));
  });

  it.each<[string, (broken: ManifestParts) => void, RegExp]>([
    [
      'a chunk of two splits',
      ({ chunkEnds }) => chunkEnds.set([2, 4, 5, 6]),
      /more than one split/,
    ],
    ['chunks that end early', ({ chunkEnds }) => chunkEnds.set([1, 2, 3, 5]), /want 6|samples/],
    ['a shard that is not there', ({ shards }) => shards.shardOf.fill(9), /shard 9 of 2/],
    ['bytes beyond the shard', ({ shards }) => shards.offsets.fill(4000), /ends beyond s3:/],
    ['an empty picture', ({ shards }) => shards.lengths.fill(0), /has 0 bytes/],
    ['half a byte', ({ shards }) => shards.offsets.fill(0.5), /begins at 0.5/],
    [
      'a path that ends too late',
      ({ shards }) => shards.paths?.ends.fill(12),
      /ends at 12; want 9/,
    ],
  ])('is refused with %s', (_, damage, message) => {
    const broken = parts();
    damage(broken);
    expect(() => encodeManifest(broken)).toThrowError(message);
  });

  it('is described with its shards, formats, bytes and chunks', () => {
    const stored = parseStoredDataset(encodeManifest(parts()));
    expect(describeDataset(stored)).toMatchObject({
      sampleCount: 6,
      modalities: [{ sampleShape: [1, 2, 1], valueType: 'uint8' }],
      splits: { train: { samples: 3, labelled: 2 } },
      shards: {
        count: 2,
        formats: ['folder', 'tar'],
        pictureBytes: 4 * 10 + 1024 + 70,
        chunks: 4,
        fit: 'cover',
        decoder: 'v1, libvips 8.18.3',
      },
    });
  });

  it('gives the file, byte range or row of a picture', () => {
    const folder = mkdtempSync(join(tmpdir(), 'manifest-'));
    try {
      const path = join(folder, 'set');
      writeFileSync(path, encodeManifest(parts()));
      expect(picturePlaces(path, [5, 0, 4])).toEqual([
        'photos/cat/1.png',
        's3://bucket/train-0.tar, bytes 512 to 521',
        's3://bucket/train-0.tar, bytes 3,072 to 4,095',
      ]);
      const parquet = parts();
      const shards = [{ url: 'https://host/0.parquet', format: 'parquet', sizeBytes: 9 }] as const;
      parquet.shards.shardOf.fill(0);
      writeFileSync(path, encodeManifest({ ...parquet, shards: { ...parquet.shards, shards } }));
      expect(picturePlaces(path, [1])).toEqual(['https://host/0.parquet, row 1,537']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is refused when it is damaged, and when its grid has height 0', () => {
    const { shards, ...samples } = parts();
    const bytes = encodeManifest({ ...samples, shards });
    // The length stays the same, so only the CRC is wrong. The zip reader reports it.
    expect(() => parseStoredDataset(Buffer.from(bytes).fill(0, 200, 260))).toThrowError(
      LyceumError,
    );
    const strange = { ...shards, grid: { ...shards.grid, height: 0 } };
    expect(() => encodeManifest({ ...samples, shards: strange })).toThrowError(/\[0,2,1\]/);
  });
});
