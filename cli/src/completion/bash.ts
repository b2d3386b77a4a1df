import type { CompletionRow } from './completion-table.js';
import { posixTable } from './posix-table.js';

/** Bash splits `--output=json` into three words. */
const GLUE = `_coordinator() {
  local cur=\${COMP_WORDS[COMP_CWORD]} at='' option='' index=0 word lines i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then
      continue
    elif [[ $option ]]; then
      option=''
    elif [[ $word == -* ]]; then
      _coordinator_candidates "v:$at $word" >/dev/null && option=$word
    elif ((index == 0)) && _coordinator_candidates "o:\${at:+$at }$word" >/dev/null; then
      at="\${at:+$at }$word"
    else
      ((++index))
    fi
  done
  [[ $cur == '=' ]] && cur=''
  if [[ $option ]]; then
    lines=$(_coordinator_candidates "v:$at $option")
  elif [[ $cur == -* ]]; then
    lines=$(_coordinator_candidates "o:$at")
  else
    lines=$(_coordinator_candidates "c:$at" || _coordinator_candidates "a:$at $index")
  fi
  case $lines in
    :files) compopt -o default 2>/dev/null; return ;;
    :*) lines=$(coordinator completion-names "\${lines#:}" 2>/dev/null) ;;
  esac
  # Not by compgen -W, which runs what stands in $( ).
  while IFS=$'\\t' read -r word _; do
    [[ $word && $word == "$cur"* ]] && COMPREPLY+=("$word")
  done <<<"$lines"
}
complete -F _coordinator coordinator`;

export function bashScript(rows: readonly CompletionRow[]): string {
  return `# Completion of coordinator for bash. To have it: source <(coordinator completion bash)
${posixTable(rows)}
${GLUE}
`;
}
