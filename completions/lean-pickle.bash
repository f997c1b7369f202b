# bash completion for lean-pickle
_lean_pickle() {
  local line kind=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then
      kind=$line
    else
      # bash breaks words at "=": the value alone takes the place of what was typed.
      [[ $COMP_WORDBREAKS == *=* ]] && line=${line#--*=}
      COMPREPLY+=("$line")
    fi
  done < <("${1/#\~/$HOME}" __complete bash "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  # The words are quoted already: "compopt -o filenames" would take a name for that of a folder.
  case $kind in
    files) compopt -o default ;;
    folders) compopt -o dirnames ;;
  esac
}
complete -F _lean_pickle lean-pickle
