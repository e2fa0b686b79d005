/** Shells whose completion there is a script for. */
export const SHELLS = ['bash', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

// Both are short: what is offered is decided by `quartermaster complete`. They call `quartermaster` by that name even for
// `qm`, since others have a `qm` too.

/** Works from bash 3.2, as macOS has it; before 4.0 there is no `compopt`, and a space follows `key=`. */
const BASH = `# Completion of quartermaster for bash: source <(quartermaster completion bash)
_quartermaster() {
  local manner='' reply
  COMPREPLY=()
  {
    IFS= read -r manner
    while IFS= read -r reply; do COMPREPLY+=("$reply"); done
  } < <(command quartermaster complete bash "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null </dev/null)
  case $manner in
  nospace) compopt -o nospace 2>/dev/null ;;
  files) compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$2")) ;;
  esac
}
complete -F _quartermaster quartermaster qm
`;

const ZSH = `#compdef quartermaster qm
# Completion of quartermaster for zsh: source <(quartermaster completion zsh), or as the file _quartermaster in $fpath
_quartermaster() {
  local manner
  local -a answer
  answer=("\${(@f)$(command quartermaster complete zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  manner=$answer[1]
  shift answer
  case $manner in
  files)
    [[ $PREFIX = -*=* ]] && compset -P '*='
    _files
    ;;
  nospace) _describe -t values value answer -S '' ;;
  words) _describe -t values value answer ;;
  esac
}
if [[ $funcstack[1] = _quartermaster ]]; then
  _quartermaster "$@"
elif (( $+functions[compdef] )); then
  compdef _quartermaster quartermaster qm
else
  print -u2 'quartermaster: completion needs "autoload -U compinit && compinit" before it is loaded'
fi
`;

export function completionScript(shell: Shell): string {
  return shell === 'bash' ? BASH : ZSH;
}
