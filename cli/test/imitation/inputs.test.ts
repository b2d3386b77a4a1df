/** Imitation inputs that cannot be read or sent, from files written here. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readImitationInputs, sentInput } from '../../src/imitation/inputs/inputs.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-inputs-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('sentInput names an image that cannot be read', async () => {
  writeFileSync(join(root, 'none.jpg'), '');
  await expect(sentInput({ image: 'none.jpg' }, root)).rejects.toThrow(
    /none\.jpg: is not a readable image \(.+\); mend it, or remove it from the inputs$/,
  );
});

it('readImitationInputs names the row and column of a value that is no number', async () => {
  writeFileSync(join(root, 'rows.csv'), 'a,b\n1,2\n3,4 cm\n');
  const read = readImitationInputs({ source: 'rows.csv', numbers: ['a', 'b'] }, ['x', 'y'], root);
  await expect(read).rejects.toThrow(/rows\.csv, row 2: b is "4 cm"; want a number$/);
});

it('readImitationInputs takes a blank for nothing, not for 0', async () => {
  writeFileSync(join(root, 'blank.csv'), 'a,b\n1,2\n3, \n');
  const read = readImitationInputs({ source: 'blank.csv', numbers: ['a', 'b'] }, ['x', 'y'], root);
  await expect(read).rejects.toThrow(/blank\.csv, row 2: has nothing in b$/);
});
