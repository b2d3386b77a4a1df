/** Tars made in memory, whole and damaged, in chunks of every size. That other programs' tars are read, a test of the command line shows. */
import { expect, test } from 'vitest';
import { type TarMember, tarMembers } from '../../src/indexing/formats/tar-members.js';
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
  'members are found in chunks of %d bytes',
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

test('long names, of pax and of GNU, and large numbers are read', async () => {
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

test('a prefix is a part of the name in ustar alone', async () => {
  const tar = tarOf([['name', 'abc']]);
  tar.write('prefix', 345, 'latin1');
  expect(await membersOf(withChecksum(tar))).toMatchObject([{ name: 'prefix/name' }]);
  tar.write('ustar  \0', 257, 'latin1');
  expect(await membersOf(withChecksum(tar))).toMatchObject([{ name: 'name' }]);
});

test('folders and links are passed over', async () => {
  const tar = Buffer.concat([
    typedMember('5', 'folder/', ''),
    typedMember('2', 'link', ''),
    tarOf([['file', 'abc']]),
  ]);
  expect(await membersOf(tar)).toMatchObject([{ name: 'file', offset: 1536 }]);
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
])('%s is refused', async (_, tar, message) => {
  await expect(membersOf(tar)).rejects.toThrowError(message);
});
