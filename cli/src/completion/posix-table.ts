/** The table as a function for bash and zsh: prints the candidates of a key, a line each; fails if there is no row. */
import { shellWord } from '../printing/text/index.js';
import type { CompletionRow } from './completion-table.js';

export function posixTable(rows: readonly CompletionRow[]): string {
  const cases = rows.map(
    (row) => `    ${row.keys.map(pattern).join('|')}) ${command(row.candidates)} ;;`,
  );
  return `_coordinator_candidates() {
  case $1 in
${cases.join('\n')}
    *) return 1 ;;
  esac
}`;
}

/** A single `*` matches anything; all other text is literal. */
function pattern(key: string): string {
  return key
    .split('*')
    .map((part) => (part === '' ? '' : shellWord(part)))
    .join('*');
}

function command(candidates: CompletionRow['candidates']): string {
  if (typeof candidates === 'string') return `echo :${candidates}`;
  if (candidates.length === 0) return ':';
  const words = candidates.flatMap(({ text, description }) => [
    shellWord(text),
    shellWord(description),
  ]);
  return `printf '%s\\t%s\\n' ${words.join(' ')}`;
}
