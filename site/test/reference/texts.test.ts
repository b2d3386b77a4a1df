/**
 * Every item of the reference must have a text. A flag, field, metric, call or message without a text is named in a
 * failure. The programs are the built ones.
 */
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { describedCommands } from '../../src/reference/commands.js';
import type { Described } from '../../src/reference/described.js';
import { describedFields } from '../../src/reference/documents.js';
import { describedMetrics } from '../../src/reference/metrics.js';
import { describedProtocol } from '../../src/reference/protocol.js';
import {
  coordinatorProgram,
  documents,
  programMetrics,
  protocol,
  workerPrograms,
} from '../../src/reference/sources.js';

const programs = [await coordinatorProgram(), ...workerPrograms()];

/**
 * References with a least number of items, so that a reference without items fails.
 */
const REFERENCES: readonly (readonly [of: string, least: number, () => readonly Described[]])[] = [
  ['commands', 300, () => programs.flatMap(describedCommands)],
  ['metrics', 40, () => programMetrics().flatMap(describedMetrics)],
  [
    'the protocol',
    600,
    () => describedProtocol(protocol(resolve(import.meta.dirname, '../../..'))),
  ],
  ...Object.entries(documents()).map(
    ([name, schema]) => [`${name}.schema.json`, 20, () => describedFields(schema)] as const,
  ),
];

it.each(REFERENCES)('every item of the reference of %s has a text', (_of, least, read) => {
  const described = read();
  const without = described.filter(({ text }) => text.trim() === '').map(({ path }) => path);
  expect(without).toEqual([]);
  expect(described.length).toBeGreaterThan(least);
});
