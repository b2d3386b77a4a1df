/**
 * Packages of models that attack the programs that read, store or load them. Each attack is a row; add a new attack to
 * the file of its format.
 */
import { hostileOperations } from './hostile-operations.js';
import { hostilePlaces } from './hostile-places.js';
import type { HostileRow, Lures } from './hostile-row.js';
import { hostileSizes } from './hostile-sizes.js';
import { hostileJsonModels } from './json-models.js';
import { hostileOnnxModels } from './onnx-models.js';
import { rawZip } from './raw-zip.js';

export type { Lures } from './hostile-row.js';

export interface HostilePackage extends Pick<HostileRow, 'name' | 'expected' | 'says'> {
  /** The package's bytes, as the store would hold them. */
  readonly bytes: Buffer;
}

const SETTINGS = '{"output":"logits"}';
const SAVED_MODEL = 'saved_model.pb';

/** Archives that are hostile, whatever model they hold. */
function hostileArchives(harmless: Uint8Array): HostileRow[] {
  const besides = (name: string, member: string, says: RegExp): HostileRow => ({
    name: `archive: ${name}`,
    members: [
      [SAVED_MODEL, harmless],
      ['settings.json', SETTINGS],
      [member, 'written by a package'],
    ],
    expected: 'refused',
    says,
  });
  const foreign = /has a member named .*; want a relative path/;
  return [
    besides('a member above its folder', '../../../../../../tmp/lyceum-hostile', foreign),
    besides('a member above the variables', 'variables/../../../lyceum-hostile', foreign),
    besides('a member at an absolute path', '/tmp/lyceum-hostile', foreign),
    besides('a member of a name with a line end', 'variables/variables.index\n', foreign),
    besides('a member named as a prototype', '__proto__', /__proto__/),
    besides('two members of one name', SAVED_MODEL, /two members named saved_model\.pb/),
    {
      name: 'archive: no archive',
      bytes: Buffer.from('PK\u0003\u0004 and no more'),
      expected: 'refused',
      says: /not a zip archive/,
    },
    {
      name: 'archive: no bytes',
      bytes: Buffer.alloc(0),
      expected: 'refused',
      says: /not a zip archive/,
    },
    {
      name: 'archive: a thousand members',
      members: [...Array(1000).keys()].map((i) => [`assets/${i}`, ''] as const),
      expected: 'refused',
      says: /more than 64 members/,
    },
  ];
}

/** @param lures - the files that attacks try to read or write. */
export function hostilePackages(lures: Lures): HostilePackage[] {
  const savedModels = [...hostileOperations(lures), ...hostilePlaces(lures), ...hostileSizes()];
  const harmless = savedModels.find(({ expected }) => expected === 'harmless')?.savedModel;
  return [
    ...savedModels,
    ...hostileJsonModels(lures),
    ...hostileOnnxModels(lures),
    ...hostileArchives(harmless ?? new Uint8Array()),
  ].map(({ name, expected, says, savedModel, members, bytes }) => {
    const held = members ?? [
      [SAVED_MODEL, savedModel ?? ''],
      ['settings.json', SETTINGS],
    ];
    const packed = rawZip(held.map(([own, value]) => ({ name: own, bytes: Buffer.from(value) })));
    const label = savedModel === undefined ? name : `SavedModel: ${name}`;
    return {
      name: label,
      expected,
      ...(says !== undefined && { says }),
      bytes: Buffer.from(bytes ?? packed),
    };
  });
}
