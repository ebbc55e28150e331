#!/bin/sh
# PreToolUse hook for shell commands: answers commands that poll babysit, wait forever, or start heavy work without it.
# Passes every other command without starting Node. Looks at the command only, not at its description or directory.

input=$(cat)
# Cursor expects an answer also when a command may run.
case $input in
  *'"beforeShellExecution"'* | *'"beforeMCPExecution"'* | *'"cursor_version"'*) allow='{"permission":"allow"}' ;;
  *) allow= ;;
esac
pass() {
  [ -z "$allow" ] || echo "$allow"
  exit 0
}

# A longer command is mostly data.
[ ${#input} -le 1000000 ] || pass

# Inside a JSON text each quote has a backslash, so `","` and `"},"` end the command.
command=$input
case $input in
  *'"command":"'*)
    command=${input#*'"command":"'}
    command=${command%%'","'*}
    command=${command%%'"},"'*}
    ;;
esac

here=${0%/*}
[ "$here" != "$0" ] || here=.

# Returns 0 when the command may poll, wait, kill, pull a lever or be heavy.
matters() {
  case $command in
    *[Bb][Aa][Bb][Yy][Ss][Ii][Tt]*)
      # Words that look, pause, repeat, or pull a lever.
      case $command in
        *sleep* | *sl[\'\\]* | *watch* | *viddy* | *while* | *until* | *for\ * | *for\(* | *tail* | *[tT]imeout* | *read\ * | *ping* | *\(\)* | *select* | *wait* | *status* | *log* | *--force* | *config* | *profile* | *uninstall* | *kill* | *stop* | *BYPASS* | *nohup* | *setsid* | *disown* | *\&*) return 0 ;;
        # One call of another verb, with nothing before or after it.
        babysit\ *[\;\|\`]* | babysit\ *\$\(* | babysit\ *\\n*) ;;
        babysit\ *) return 1 ;;
      esac
      ;;
    # A pause or a loop may look at a task by its pid, its log or its marker.
    *sleep* | *while\ *\ ps\ * | *until\ *\ ps\ * | *--pid=* | *tail\ -*[fF]* | *until\ *\[* | *while\ *\[* | *until\ *grep* | *while\ *grep* | *until\ *test* | *while\ *test*) return 0 ;;
  esac
  case $command in
    *pgrep* | *pkill* | *killall* | *pidof* | *kill*ps\ * | *ps\ *kill* | *kill\ *-1*) return 0 ;;
    # Programs of the shipped rules for heavy work.
    *cargo* | *cross\ * | *make* | *ninja* | *samu* | *ctest* | *meson* | *scons* | *waf\ * | *bazel* | *buck2* | *pants\ * | *gradle* | *mvn* | *sbt\ * | *go\ test* | *go\ build* | *go\ vet* | *go\ install* | *npm\ * | *pnpm* | *yarn* | *bun\ * | *npx* | *jest* | *vitest* | *playwright* | *cypress* | *next\ * | *vite\ * | *nuxt* | *astro\ * | *gatsby* | *ng\ build* | *webpack* | *rollup* | *parcel* | *turbo\ * | *nx\ * | *lerna* | *pytest* | *py.test* | *tox* | *nox* | *docker* | *podman* | *buildah* | *torchrun* | *accelerate* | *deepspeed* | *horovodrun* | *mpirun* | *ray\ * | *python* | *pypy* | *swift\ * | *xcodebuild* | *dotnet* | *mix\ * | *rspec* | *rake* | *cabal* | *stack\ * | *zig\ build* | *snakemake* | *nextflow* | *dvc\ *) return 0 ;;
  esac
  return 1
}

# Returns 0 when a rule file of the user or of the repository names a program of the command.
has_own_rule() {
  own=${BABYSIT_HOME:-${XDG_STATE_HOME:-${HOME:-}/.local/state}/babysit}/rules.json
  [ -r "$own" ] || own=
  at=$PWD
  case $input in
    *'"cwd":"/'*)
      at=${input#*'"cwd":"'}
      at=${at%%'"'*}
      ;;
  esac
  while [ -n "$at" ]; do
    [ ! -r "$at/.babysit/rules.json" ] || own="$own:$at/.babysit/rules.json"
    at=${at%/*}
  done
  [ -n "$own" ] && [ -r "$here/own-rules.sh" ] && . "$here/own-rules.sh"
}

matters || has_own_rule || pass

# A shell that cannot read a sourced file exits with 2, which blocks the command.
[ -r "$here/find-node.sh" ] || pass
. "$here/find-node.sh"
find_node "$here/.." || pass
answer=$(printf '%s\n' "$input" | "$node" "$bundle" pre-tool-use)
code=$?
[ -z "$answer" ] || allow=
[ -z "$answer" ] || printf '%s\n' "$answer"
[ $code -ne 2 ] || exit 2
report_limit $code
pass
