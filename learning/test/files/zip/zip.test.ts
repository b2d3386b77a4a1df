/**
 * Archives of writeZip, and compressed ones of fflate (a second implementation): read whole, damaged byte by byte, and
 * edited as an attacker would. Limits are tested with small limits on real archives.
 */
import { LyceumError } from '@lyceum/proto';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readZip, writeZip, type ZipLimits } from '../../../src/files/zip/index.js';

const limits: ZipLimits = { maxMembers: 2, maxBytes: 100, compression: 'allowed' };
const roomy: ZipLimits = { ...limits, maxMembers: 70_000, maxBytes: 1024 * 1024 };

const of = (...sizes: number[]) =>
  writeZip(new Map(sizes.map((size, i) => [`m${i}`, new Uint8Array(size)])));
const named = (...names: string[]) => writeZip(new Map(names.map((name) => [name, Buffer.of(1)])));

/** The offset of the nth header in the directory. */
function header(archive: Buffer, n = 0): number {
  let at = -1;
  for (let i = 0; i <= n; i++) at = archive.indexOf('PK\x01\x02', at + 1, 'latin1');
  return at;
}

const endRecord = (archive: Buffer) => archive.lastIndexOf('PK\x05\x06', undefined, 'latin1');

/** An archive with some numbers of its directory or end record overwritten. */
function edited(archive: Buffer, edit: (archive: Buffer, at: number, end: number) => void): Buffer {
  const copy = Buffer.from(archive);
  edit(copy, header(copy), endRecord(copy));
  return copy;
}

describe('readZip', () => {
  it('reads an archive within the limits', () => {
    expect([...readZip(of(50, 50), limits, 'x').keys()]).toEqual(['m0', 'm1']);
  });

  it('reads what another program compressed, without folders and comments', () => {
    const text = Buffer.from('again and again and again');
    const archive = zipSync({ a: { b: [text, { level: 9 }], c: {} } }, { comment: 'PK\x05\x06' });
    expect([...readZip(archive, limits, 'x')]).toEqual([['a/b', Uint8Array.from(text)]]);
  });

  it('reads an empty archive and empty members', () => {
    expect(readZip(writeZip(new Map()), limits, 'x').size).toBe(0);
    expect(readZip(zipSync({ a: new Uint8Array(0) }), limits, 'x').get('a')).toHaveLength(0);
  });

  it.each([0, 6])('refuses one changed bit, or reads the same members, at level %i', (level) => {
    const members = {
      a: Uint8Array.from(Buffer.from('some bytes of a member')),
      b: new Uint8Array(40).fill(7),
    };
    const archive = zipSync(members, { level: level as 0 | 6 });
    for (let at = 0; at < archive.length; at++) {
      for (const bit of [0, 3, 7]) {
        const flipped = Uint8Array.from(archive);
        flipped[at] = (archive[at] as number) ^ (1 << bit);
        try {
          const got = [...readZip(flipped, limits, 'x')];
          // The damaged byte is one that is not read, such as a time: the members are the same.
          expect(got).toEqual(Object.entries(members));
        } catch (err) {
          if (!(err instanceof LyceumError)) throw err;
        }
      }
    }
    const damaged = Buffer.from(archive);
    const at = damaged.indexOf('a', 30) + 3;
    damaged[at] = (damaged[at] as number) ^ 0x10;
    expect(() => readZip(damaged, limits, 'x')).toThrow(/^x: a (is damaged|unpacks|should have)/);
  });

  it('refuses too many members, and too many bytes by the sizes in the directory', () => {
    expect(() => readZip(of(1, 1, 1), limits, 'x')).toThrow('x: has more than 2 members');
    expect(() => readZip(of(50, 51), limits, 'x')).toThrow(/unpacks to 101 bytes or more/);
    // The directory claims a larger size: no memory may be allocated for it.
    const bomb = edited(of(10), (zip, at) => zip.writeUInt32LE(0xfffffff0, at + 24));
    expect(() => readZip(bomb, limits, 'x')).toThrow(/unpacks to 4294967280 bytes or more/);
  });

  it('refuses a member whose length differs from the directory', () => {
    const bytes = edited(of(10), (zip, at) => zip.writeUInt32LE(20, at + 24));
    expect(() => readZip(bytes, limits, 'x')).toThrow('x: m0 should have 20 bytes, and has 10');
  });

  it('refuses two members of the same name', () => {
    const bytes = Buffer.from(of(1, 1).toString('latin1').replaceAll('m1', 'm0'), 'latin1');
    expect(() => readZip(bytes, limits, 'x')).toThrow('x: has two members named m0');
  });

  it('stops unpacking at the size in the directory', () => {
    const bomb = Buffer.from(zipSync({ a: Buffer.alloc(64 * 1024 * 1024) }));
    const small = edited(bomb, (zip, at) => zip.writeUInt32LE(90, at + 24));
    const before = process.memoryUsage().arrayBuffers;
    expect(() => readZip(small, limits, 'x')).toThrow(
      'x: a unpacks to more than the 90 bytes that it should have',
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });

  it('refuses compressed members where the limits forbid compression', () => {
    const strict: ZipLimits = { ...limits, compression: 'refused' };
    expect(readZip(of(9), strict, 'x').size).toBe(1);
    expect(() => readZip(zipSync({ a: Buffer.alloc(90) }), strict, 'x')).toThrow(
      'x: a is compressed; want members stored',
    );
  });

  const two = of(20, 20);
  it.each([
    ['no archive', Buffer.from('no archive'), 'not a zip archive'],
    ['nothing', Buffer.alloc(0), 'not a zip archive'],
    ['a name that leads out', named('a/../../b'), 'named "a/../../b"; want a relative path'],
    ['an absolute name', named('/etc/passwd'), 'named "/etc/passwd"'],
    ['a name of another system', named('..\\b'), 'named "..\\\\b"'],
    ['control characters', named('a\u001b[2Jb'), 'named "a\\u001b[2Jb"'],
    ['a C1 control character', named('a\u009bb'), 'want a relative path'],
    ['a name that is a dot', named('./a'), 'named "./a"'],
    [
      'a name that is not UTF-8',
      Buffer.from(named('abc').toString('latin1').replaceAll('abc', 'a\xffc'), 'latin1'),
      'want a relative path in UTF-8',
    ],
    ['a long name', named('a'.repeat(256)), 'a name of 256 bytes; want 1 to 255'],
    ['a password', edited(two, (zip, at) => zip.writeUInt16LE(1, at + 8)), 'm0 is encrypted'],
    [
      'another method',
      edited(two, (zip, at) => zip.writeUInt16LE(14, at + 10)),
      'm0 is compressed by method 14',
    ],
    [
      'a zip64 end',
      edited(two, (zip, _, end) => zip.writeUInt32LE(0xffffffff, end + 16)),
      'is a zip64 archive',
    ],
    [
      'a zip64 member',
      edited(two, (zip, at) => zip.writeUInt32LE(0xffffffff, at + 24)),
      'm0 is a zip64 member',
    ],
    [
      'a part of several',
      edited(two, (zip, _, end) => zip.writeUInt16LE(1, end + 4)),
      'one part of several',
    ],
    [
      'more members than its directory has',
      edited(two, (zip, _, end) => {
        zip.writeUInt16LE(3, end + 8);
        zip.writeUInt16LE(3, end + 10);
      }),
      'directory cannot be read',
    ],
    [
      'fewer members than its directory has',
      edited(two, (zip, _, end) => {
        zip.writeUInt16LE(1, end + 8);
        zip.writeUInt16LE(1, end + 10);
      }),
      'another length than it says',
    ],
    [
      'a directory elsewhere',
      edited(two, (zip, _, end) => zip.writeUInt32LE(0, end + 16)),
      'its directory is not where it says',
    ],
    [
      'members of the same bytes',
      edited(two, (zip, at) => {
        zip.writeUInt32LE(72, at + 20);
        zip.writeUInt32LE(72, at + 24);
      }),
      'members share bytes',
    ],
    [
      'a member within the directory',
      edited(of(20), (zip, at) => {
        zip.writeUInt32LE(40, at + 20);
        zip.writeUInt32LE(40, at + 24);
      }),
      'members share bytes',
    ],
    [
      'a member behind the end',
      edited(two, (zip, at) => zip.writeUInt32LE(0x7fffffff, at + 42)),
      'm0 is not where its directory says',
    ],
    [
      'another name in front of the bytes',
      edited(two, (zip) => zip.write('x', 30)),
      'm0 has another name in front of its bytes',
    ],
    ['another byte', edited(two, (zip) => zip.write('x', 40)), 'm0 is damaged: its bytes do not'],
  ])('refuses %s', (_, archive, message) => {
    expect(() => readZip(archive, roomy, 'x')).toThrow(LyceumError);
    expect(() => readZip(archive, roomy, 'x')).toThrow(message);
  });

  it('refuses thousands of overlapping members', () => {
    // As the overlapping bombs of D. Fifield, "A better zip bomb", 2019: each directory entry is the same member.
    const bomb = Buffer.from(zipSync({ aaaa: Buffer.alloc(100_000) }));
    const [at, end] = [header(bomb), endRecord(bomb)];
    const entries = Array.from({ length: 10_000 }, (_, i) => {
      const entry = Buffer.from(bomb.subarray(at, end));
      entry.write(String(i).padStart(4, '0'), 46);
      return entry;
    });
    const tail = Buffer.from(bomb.subarray(end));
    tail.writeUInt16LE(entries.length, 8);
    tail.writeUInt16LE(entries.length, 10);
    tail.writeUInt32LE(entries.length * (end - at), 12);
    const archive = Buffer.concat([bomb.subarray(0, at), ...entries, tail]);
    expect(() => readZip(archive, roomy, 'x')).toThrow('unpacks to 1100000 bytes or more');
    const large: ZipLimits = { ...roomy, maxBytes: 2 ** 31 };
    expect(() => readZip(archive, large, 'x')).toThrow(/members share bytes|another name/);
  });
});
