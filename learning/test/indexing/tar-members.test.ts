/** Tars made in memory, whole and damaged, in chunks of every size. A test of the CLI reads tars of other programs. */
import { expect, test } from 'vitest';
import { type TarMember, tarMembers } from '../../src/indexing/formats/tar/tar-members.js';
import { paxRecord, tarOf, typedMember, withChecksum } from './tars.js';

async function* chunked(bytes: Buffer, size: number) {
  for (let start = 0; start < bytes.length; start += size)
    yield bytes.subarray(start, start + size);
}

async function membersOf(tar: Buffer, size = 700): Promise<TarMember[]> {
  const found: TarMember[] = [];
  for await (const member of tarMembers(chunked(tar, size), (name) => !name.endsWith('.skip'))) {
    found.push(member);
  }
  return found;
}

const MEMBERS = [
  ['a/1.jpg', 'x'.repeat(700)],
  ['a/1.skip', 'y'.repeat(1025)],
  ['a/1.cls', '7'],
  ['empty.txt', ''],
  ['last.txt', 'z'.repeat(512)],
] as const;

test.each([1, 7, 511, 512, 513, 100_000])(
  'tarMembers finds the members in chunks of %d bytes',
  async (size) => {
    const tar = tarOf(MEMBERS);
    const found = await membersOf(tar, size);
    expect(found.map(({ name }) => name)).toEqual(MEMBERS.map(([name]) => name));
    for (const [index, { name, offset, sizeBytes, bytes }] of found.entries()) {
      const text = MEMBERS[index]?.[1] as string;
      expect(tar.toString('latin1', offset, offset + sizeBytes)).toBe(text);
      expect(bytes?.toString('latin1')).toBe(name.endsWith('.skip') ? undefined : text);
    }
  },
);

test('tarMembers reads long names of pax and GNU, binary sizes and pax sizes', async () => {
  const long = `${'folder/'.repeat(40)}ä.txt`;
  const own = tarOf([['short', 'abc']]);
  const pax = typedMember('x', 'pax', paxRecord('mtime', '1.5') + paxRecord('path', long));
  const gnu = typedMember('L', '././@LongLink', `${long}\0`);
  for (const header of [pax, gnu]) {
    const tar = Buffer.concat([header, own]);
    expect(await membersOf(tar)).toMatchObject([{ name: long, offset: 1536, sizeBytes: 3 }]);
  }
  const binary = tarOf([['short', 'abc']]);
  binary.fill(0, 124, 136);
  binary[124] = 0x80;
  binary[135] = 3;
  expect(await membersOf(withChecksum(binary))).toMatchObject([{ name: 'short', sizeBytes: 3 }]);
  const sized = Buffer.concat([typedMember('x', 'pax', paxRecord('size', '3')), own]);
  expect(await membersOf(sized)).toMatchObject([{ name: 'short', sizeBytes: 3 }]);
});

test('tarMembers adds the name prefix only in ustar headers', async () => {
  const tar = tarOf([['name', 'abc']]);
  tar.write('prefix', 345, 'latin1');
  expect(await membersOf(withChecksum(tar))).toMatchObject([{ name: 'prefix/name' }]);
  tar.write('ustar  \0', 257, 'latin1');
  expect(await membersOf(withChecksum(tar))).toMatchObject([{ name: 'name' }]);
});

test('tarMembers skips folders and marks links', async () => {
  const tar = Buffer.concat([
    typedMember('5', 'folder/', ''),
    typedMember('1', 'hard', ''),
    typedMember('2', 'link', ''),
    tarOf([['file', 'abc']]),
  ]);
  expect(await membersOf(tar)).toMatchObject([
    { name: 'hard', isLink: true },
    { name: 'link', isLink: true },
    { name: 'file', isLink: false, offset: 2048 },
  ]);
});

test('tarMembers keeps names that are not UTF-8 distinct', async () => {
  const tar = tarOf([
    ['x', '1'],
    ['y', '2'],
  ]);
  const own = [0, 1024].map((at, n) => {
    const member = Buffer.from(tar.subarray(at, at + 1024));
    member[0] = [0xe4, 0xf6][n] as number;
    return withChecksum(member);
  });
  const gnu = typedMember('L', '././@LongLink', Buffer.from([0xfc, 0]));
  const pax = typedMember('x', 'pax', Buffer.from('9 path=\xdf\n', 'latin1'));
  const found = await membersOf(Buffer.concat([...own, gnu, tar.subarray(0, 1024), pax, tar]));
  expect(found.map(({ name }) => name)).toEqual(['ä', 'ö', 'ü', 'ß', 'y']);
});

test('tarMembers skips a volume label, which GNU tar writes without a size', async () => {
  const label = typedMember('V', 'backup of May', '');
  label.fill(0, 124, 136);
  const tar = Buffer.concat([withChecksum(label), tarOf([['file', 'abc']])]);
  expect(await membersOf(tar)).toMatchObject([{ name: 'file', offset: 1024 }]);
});

const whole = tarOf(MEMBERS);
const damaged = Buffer.from(whole);
damaged[1540] = 1;

test.each([
  ['nothing', Buffer.alloc(0), 'empty file'],
  ['a text', Buffer.alloc(600, 'hello '), 'is no tar'],
  [
    'a gzip',
    Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(600, 1)]),
    'is compressed, so no picture',
  ],
  [
    'an xz',
    Buffer.concat([Buffer.from('\xfd7zXZ\0', 'latin1'), Buffer.alloc(600, 1)]),
    'is compressed',
  ],
  ['less than a header', whole.subarray(0, 100), 'is cut off: its bytes end at 100'],
  [
    'half a file',
    whole.subarray(0, 800),
    'is cut off: its bytes end at 800, in "a/1.jpg", which has 700 bytes',
  ],
  ['no end', whole.subarray(0, whole.length - 1024), 'before the end of the archive'],
  ['damage', damaged, 'at byte 1536 a member should begin'],
  ['two tars', Buffer.concat([whole, whole]), 'and more than zeros follow'],
  [
    'a damaged pax header',
    Buffer.concat([typedMember('x', 'pax', '999 path=x\n'), whole]),
    'the pax header at byte 0 is damaged',
  ],
  [
    'a sparse file',
    Buffer.concat([typedMember('S', 'holes', ''), whole]),
    '"holes" is a sparse file',
  ],
])('tarMembers refuses %s', async (_, tar, message) => {
  await expect(membersOf(tar)).rejects.toThrowError(message);
});
