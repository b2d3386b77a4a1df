/** The figures of teachers alone and together, as text. */
import type { EnsembleRow, EnsembleTable } from '@lyceum/coordinator/documents';
import { knownClassesText, samplesText } from './report-figures.js';
import { type Column, fixed, orUnknown, percentText, tableLines } from './text/index.js';

const COLUMNS: readonly Column<EnsembleRow>[] = [
  { title: 'MODEL', value: nameOf },
  { title: 'ACCURACY', value: (r) => orUnknown(r.accuracy, percentText), align: 'right' },
  { title: 'NLL', value: (r) => orUnknown(r.nll, fixed), align: 'right' },
  { title: 'ECE', value: (r) => orUnknown(r.ece, fixed), align: 'right' },
];

export function ensembleLines(table: EnsembleTable): string[] {
  const lines = [...tableLines(COLUMNS, table.rows), ''];
  const fitted =
    table.fittedOn === null ? '' : `; rules were fitted on the ${table.fittedOn} split`;
  const samples = samplesText(table.sampleCount, table.split, table.labelledCount);
  lines.push(`Figures are of ${samples}${fitted}.`);
  for (const { name, knownClasses } of table.teachers) {
    if (knownClasses === undefined) continue;
    const knows = knownClassesText(knownClasses.length, table.classCount);
    lines.push(`Teacher ${name} ${knows}; its accuracy is of all samples.`);
  }
  for (const { rule, reason } of table.omitted) lines.push(`Without ${rule}: ${reason}.`);
  return lines;
}

function nameOf({ kind, rule, teachers, without }: EnsembleRow): string {
  if (kind === 'teacher') return `teacher ${teachers.join()}`;
  return kind === 'ensemble' ? `${rule}` : `${rule} without ${without}`;
}
