/**
 * The schemas that `coordinator schema` prints, against documents: those of the examples pass, and with a wrong or
 * missing field they do not. zod reads the printed schemas back; it is no part of how they are made.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseYamlDocument } from '@lyceum/learning/documents';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { runCli } from './cli-process.js';

const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url));
/** No coordinator is asked. */
const NOBODY = '127.0.0.1:1';

type Document = Record<string, unknown>;

const read = (file: string): Document => {
  const parsed = parseYamlDocument(readFileSync(`${EXAMPLES}/${file}`, 'utf8'));
  if ('problem' in parsed) throw new Error(`${file}: ${parsed.problem.message}`);
  return parsed.value as Document;
};
const files = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.yaml') && !file.includes('node_modules'),
);
const ofKind = (...kinds: unknown[]) => files.filter((file) => kinds.includes(read(file)['kind']));

/** @param document - none: the default. */
async function printed(...document: string[]): Promise<z.ZodType> {
  const { code, stdout, stderr } = await runCli(NOBODY, 'schema', ...document);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return z.fromJSONSchema(JSON.parse(stdout));
}

describe.each([
  { document: [], example: ofKind('Distillation', 'Training'), field: 'spec' },
  { document: ['imitation'], example: ofKind('Imitation'), field: 'spec' },
  { document: ['endpoint'], example: ['four-teachers/box.yaml'], field: 'url' },
])('schema $document', ({ document, example, field }) => {
  let schema: z.ZodType;
  beforeAll(async () => {
    schema = await printed(...document);
  });

  test.each(example)('takes %s', (file) => {
    expect(schema.safeParse(read(file))).toMatchObject({ success: true });
  });

  test('refuses an unknown field, one of the wrong type, and a missing one', () => {
    const right = read(example[0] ?? '');
    const { [field]: _, ...without } = right;
    for (const wrong of [{ ...right, typo: 1 }, { ...right, [field]: 7 }, without]) {
      expect(schema.safeParse(wrong)).toMatchObject({ success: false });
    }
  });
});

test('schema report prints the schema of reports', async () => {
  const { stdout } = await runCli(NOBODY, 'schema', 'report');
  expect(JSON.parse(stdout)).toMatchObject({ title: 'Lyceum report' });
});

test('schema refuses an unknown document, and lists the known ones', async () => {
  const { code, stderr } = await runCli(NOBODY, 'schema', 'nope');
  expect(code).toBe(2);
  expect(stderr).toContain('Allowed choices are run, imitation, endpoint, report');
});
