import type { CompletionRow } from './completion-table.js';

const GLUE = `function __coordinator_complete
    set -l words (commandline -opc)
    set -l cur (commandline -ct)
    set -l at ''
    set -l option ''
    set -l index 0
    for word in $words[2..]
        if test -n "$option"
            set option ''
        else if string match -q -- '-*' $word
            __coordinator_candidates "v:$at $word" >/dev/null; and set option $word
        else if test $index -eq 0; and __coordinator_candidates "o:"(string trim "$at $word") >/dev/null
            set at (string trim "$at $word")
        else
            set index (math $index + 1)
        end
    end
    set -l lines
    if test -n "$option"
        set lines (__coordinator_candidates "v:$at $option")
    else if string match -q -- '-*' $cur
        set lines (__coordinator_candidates "o:$at")
    else
        set lines (__coordinator_candidates "c:$at"; or __coordinator_candidates "a:$at $index")
    end
    if test "$lines" = ':files'
        __fish_complete_path $cur
    else if string match -q -- ':*' "$lines"
        coordinator completion-names (string sub -s 2 -- $lines) 2>/dev/null
    else
        printf '%s\\n' $lines
    end
end
complete -c coordinator -f -a '(__coordinator_complete)'`;

export function fishScript(rows: readonly CompletionRow[]): string {
  const cases = rows.map(
    ({ keys, candidates }) =>
      `        case ${keys.map(quoted).join(' ')}\n            ${command(candidates)}`,
  );
  return `# Completion of coordinator for fish. To have it: coordinator completion fish | source
function __coordinator_candidates
    switch $argv[1]
${cases.join('\n')}
        case '*'
            return 1
    end
end
${GLUE}
`;
}

function command(candidates: CompletionRow['candidates']): string {
  if (typeof candidates === 'string') return `echo :${candidates}`;
  if (candidates.length === 0) return 'true';
  const words = candidates.flatMap(({ text, description }) => [quoted(text), quoted(description)]);
  return `printf '%s\\t%s\\n' ${words.join(' ')}`;
}

/** The text in quotes. In fish, a quoted `*` is a wildcard in `case` only; no candidate contains a `*`. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
