/** A document of kind Imitation that asks one chat about the texts of `words.csv` beside it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns the document's path. */
export function writeDocument(folder: string, endpoint: object): string {
  const spec = {
    inputs: { source: 'words.csv', text: 'text' },
    classes: ['alpha', 'beta'],
    teachers: [{ name: 'chat', endpoint }],
  };
  const head = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Imitation',
    metadata: { name: 'words' },
  };
  const path = join(folder, 'words.yaml');
  writeFileSync(path, JSON.stringify({ ...head, spec }));
  return path;
}
