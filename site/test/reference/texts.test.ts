/**
 * Against the programs as built: every item that the reference lists has a text that says what it is. A flag, field,
 * metric, call or message without a text fails here, by its name.
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
 * References with the number of items that they had at least when this was written, so that a reader that finds none
 * fails.
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

it.each(REFERENCES)('everything in %s has a text', (_of, least, read) => {
  const described = read();
  const without = described.filter(({ text }) => text.trim() === '').map(({ path }) => path);
  expect(without).toEqual([]);
  expect(described.length).toBeGreaterThan(least);
});
