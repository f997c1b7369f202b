#compdef lean-pickle
# zsh completion for lean-pickle
_lean-pickle() {
  local -a lines values shown
  local line
  lines=("${(@f)$("${(Q)words[1]/#\~/$HOME}" __complete zsh ".${(Q)PREFIX}" "${(@Q)words[2,CURRENT-1]}" 2>/dev/null)}")
  case $lines[1] in
    files|folders)
      [[ $PREFIX == --*=* ]] && compset -P 1 '*='
      if [[ $lines[1] == files ]]; then _files; else _files -/; fi ;;
    words)
      for line in $lines[2,-1]; do
        values+=("${line%%$'\t'*}")
        shown+=("${line/$'\t'/  -- }")
      done
      compadd -l -d shown -a values ;;
  esac
}
# Loaded by compinit, this file is the function; in ~/.zshrc it defines it.
if [[ $funcstack[1] == _lean-pickle ]]; then
  _lean-pickle "$@"
else
  compdef _lean-pickle lean-pickle
fi
