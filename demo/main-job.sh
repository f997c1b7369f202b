#!/usr/bin/env bash
# Runs the main job against the stand-in REPL of the tests, and shows each command and its output.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

lean-pickle() { node "$root/bin/lean-pickle.js" "$@"; }
export LEAN_PICKLE_REPL="$root/test/simulated-repl/repl.js" LEAN_PICKLE_DIR="$work"

show() {
  printf '\n$ lean-pickle'
  for word in "$@"; do
    case "$word" in
      *[!A-Za-z0-9._-]*) printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
  lean-pickle "$@" 2>&1
}

cat <<'EOF'
There is no Lean here: a stand-in answers in its place. It speaks the protocol of the Lean REPL, and
knows just enough toy Lean for this demo. Each command below is a process of its own, and so is the
REPL that it starts.
EOF

show add -c 'def f := 42' -n base
show add --from base -c 'theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry' --sorry 0 -n goal
show add --from goal -t 'apply And.intro'
show ls
show show goal
show reload
show rm base
show reload
show clear
show ls
