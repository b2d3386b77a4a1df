/**
 * `temperature-sweep`: which temperature suits a student of 30 units a layer? Hinton, Vinyals & Dean 2015, §3.
 *
 * One large teacher is trained on the digits; one sweep distils it at five temperatures, seed by seed. The table is
 * the sweep's own: differences from temperature 1, paired by seeds.
 */
import type { SweepTable } from '@lyceum/cli/client';
import {
  type ExampleContext,
  finish,
  finishSweep,
  firstSeeds,
  printLines,
  specificationFile,
} from './example.js';

const TEMPERATURES = [1, 2.5, 4, 8, 20];

const PUBLISHED = [
  'Published (60,000 digits, teacher of 1,200 units a layer): with 300 units or more in each of two layers, all',
  'temperatures above 8 gave fairly similar results; with 30 units, 2.5 to 4 worked significantly better than higher',
  'or lower ones. Hinton, Vinyals & Dean 2015, section 3. Here: 7,001 digits to train on, and as many seeds as given.',
];

export async function temperatureSweep(context: ExampleContext): Promise<void> {
  const { coordinator, seeds } = context;
  await coordinator('datasets', 'push', 'digits', 'digits');
  await finish(context, specificationFile('temperature-sweep', 'teacher'));
  const table: SweepTable = await finishSweep(
    context,
    specificationFile('temperature-sweep', 'temperature'),
    firstSeeds(seeds),
    `objective[0].temperature=${TEMPERATURES.join()}`,
  );
  printLines([await coordinator('sweep', 'table', table.sweep), `${seeds} seeds.`, ...PUBLISHED]);
}
