import type { CompletionRow } from './completion-table.js';
import { posixTable } from './posix-table.js';

/** The last lines make the script work both as a file in fpath and when it is sourced. */
const GLUE = `_coordinator() {
  local at='' option='' index=0 word lines line i
  local -a described
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if [[ -n $option ]]; then
      option=''
    elif [[ $word == -* ]]; then
      _coordinator_candidates "v:$at $word" >/dev/null && option=$word
    elif ((index == 0)) && _coordinator_candidates "o:\${at:+$at }$word" >/dev/null; then
      at="\${at:+$at }$word"
    else
      ((++index))
    fi
  done
  if [[ -n $option ]]; then
    lines=$(_coordinator_candidates "v:$at $option")
  elif [[ \${words[CURRENT]} == -* ]]; then
    lines=$(_coordinator_candidates "o:$at")
  else
    lines=$(_coordinator_candidates "c:$at" || _coordinator_candidates "a:$at $index")
  fi
  case $lines in
    :files) _files; return ;;
    :*) lines=$(coordinator completion-names "\${lines#:}" 2>/dev/null) ;;
  esac
  for line in \${(f)lines}; do
    described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe 'coordinator' described
}
if [[ $funcstack[1] == _coordinator ]]; then
  _coordinator "$@"
else
  compdef _coordinator coordinator
fi`;

export function zshScript(rows: readonly CompletionRow[]): string {
  return `#compdef coordinator
# Completion of coordinator for zsh. To have it, after compinit: source <(coordinator completion zsh)
${posixTable(rows)}
${GLUE}
`;
}
