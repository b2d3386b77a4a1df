/** Hostile run specifications, as long as allowed and longer; a submit must refuse them. */
import { SPECIFICATION_MAX_BYTES } from '@lyceum/proto';

const MIB = 1024 * 1024;

export interface HostileDocument {
  readonly name: string;
  readonly text: string;
}

const HEAD = `apiVersion: lyceum.dev/v1alpha1
kind: Training
metadata: { name: hostile }
`;
const ROOM = SPECIFICATION_MAX_BYTES - 512;

const filled = (part: string, bytes = ROOM): string =>
  part.repeat(Math.floor(bytes / Buffer.byteLength(part)));
const numbered = (of: (index: number) => string, bytes: number): string => {
  const parts: string[] = [];
  for (let [n, length] = [0, 0]; length < bytes; n++) {
    const part = of(n);
    parts.push(part);
    length += Buffer.byteLength(part);
  }
  return parts.join('');
};

/** Ten aliases of ten aliases and so on: a few hundred bytes that stand for 10^9 values. */
const laughs = [...'abcdefghi'].map((name, n, all) =>
  n === 0 ? `${name}: &${name} [x]` : `${name}: &${name} [${filled(`*${all[n - 1]},`, 30)}]`,
);

/** The lines within `spec`. */
const inTraining = (lines: string): string => `${HEAD}spec:\n  dataset: x\n${lines}\n`;

export const hostileDocuments: readonly HostileDocument[] = [
  { name: 'a key of 500 kB', text: `${HEAD}${'k'.repeat(500_000)}: 1\n` },
  { name: 'a key of 60 kB', text: `${HEAD}"${'k'.repeat(60_000)}": 1\n` },
  {
    name: 'a key of 60 kB in a section',
    text: inTraining(`  training: { "${'batchSize'.repeat(6_600)}": 1 }`),
  },
  { name: 'a quoted key of 500 kB', text: `${HEAD}"${'k'.repeat(500_000)}": 1\n` },
  {
    name: 'two keys of 500 kB in a section',
    text: inTraining(`  "${'a'.repeat(500_000)}": 1\n  "${'b'.repeat(500_000)}": 1`),
  },
  { name: 'a flow key of 500 kB', text: `{"${'spec'.repeat(125_000)}": {}}` },
  { name: 'a kind of 1 MB', text: `{"kind": "${'Distillation'.repeat(80_000)}"}` },
  { name: 'a kind of 60 kB', text: `{"kind": "${'Distillation'.repeat(5_000)}"}` },
  {
    name: 'a word of 60 kB',
    text: inTraining(`  training: { optimizer: "${'adam'.repeat(15_000)}" }`),
  },
  { name: '7,000 unknown keys', text: HEAD + numbered((n) => `k${n}: 1\n`, ROOM) },
  {
    name: '3,000 unknown keys that are nearly known',
    text: HEAD + numbered((n) => `spec${n}: 1\n`, 30_000),
  },
  { name: 'one key 7,000 times', text: HEAD + filled('spec: 1\n') },
  { name: 'one flow key very often', text: `{${filled('a:b,')}}` },
  { name: 'lists 60,000 deep', text: '['.repeat(ROOM) },
  { name: 'closed lists 30,000 deep', text: `${'['.repeat(30_000)}${']'.repeat(30_000)}` },
  { name: 'mappings 15,000 deep', text: filled('{a: ') },
  { name: 'dashes 30,000 deep', text: filled('- ') },
  { name: 'question marks', text: filled('? ') },
  {
    name: 'a list of 20,000 teachers',
    text: `{"spec": {"teachers": [${filled('{},', ROOM)}{}]}}`,
  },
  {
    name: '4,000 teachers',
    text: `{"kind":"Distillation","spec":{"teachers":[${filled('{},', 12_000)}{}]}}`,
  },
  {
    name: '3,000 terms',
    text: `{"kind":"Distillation","spec":{"objective":[${filled('{"term":"x"},', 38_000)}{}]}}`,
  },
  { name: 'laughs', text: laughs.join('\n') },
  { name: 'one anchor, 12,000 aliases', text: `a: &a [1]\nb:\n${filled('- *a\n')}` },
  {
    name: '60 aliases of a large list',
    text: `a: &a [${filled('1,', 6_000)}1]\nb: [${filled('*a,', 180)}*a]`,
  },
  { name: 'a mapping in itself', text: 'a: &a { b: *a }' },
  { name: 'anchors', text: numbered((n) => `- &a${n} x\n`, ROOM) },
  { name: 'merge keys', text: `a: &a { b: 1 }\nc:\n${filled('  <<: *a\n')}` },
  { name: 'tags', text: filled('!!str ') },
  { name: 'a tag of 60 kB', text: `!${'t'.repeat(ROOM)} x` },
  { name: 'directives', text: filled('%YAML 1.2\n') },
  { name: 'documents', text: filled('---\n') },
  { name: 'comments', text: filled('# x\n') },
  { name: 'blank lines', text: filled('\n') },
  { name: 'open quotes', text: filled('"\n') },
  { name: 'colons', text: filled(': ') },
  { name: 'tabs', text: filled('\t') },
  { name: 'a number of 60 kB', text: inTraining(`  training: { epochs: ${'9'.repeat(ROOM)} }`) },
  { name: 'escapes', text: `{"kind": "${filled('\\u0000', 60_000)}"}` },
  {
    name: 'keys of prototypes',
    text: '{"__proto__": {"kind": "Training"}, "constructor": {"prototype": {"x": 1}}}',
  },
  { name: 'more than 1 MiB', text: filled('x', MIB + 1) },
];
