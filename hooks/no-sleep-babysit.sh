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

[ -z "${BYPASS_SLEEP_BABYSIT_CHECK:-}" ] || pass
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
case $command in
  *[Bb][Aa][Bb][Yy][Ss][Ii][Tt]*)
    # Words that look, pause, repeat, or pull a lever. Other verbs pass.
    case $command in
      *sleep* | *sl[\'\\]* | *watch* | *while* | *until* | *for\ * | *for\(* | *tail* | *[tT]imeout* | *read\ * | *ping* | *\(\)* | *select* | *wait* | *status* | *log* | *--force* | *config* | *profile* | *uninstall* | *kill* | *stop* | *BYPASS* | *nohup* | *setsid* | *disown* | *\&*) ;;
      *) pass ;;
    esac
    ;;
  # A loop or a pause may look at a task by its pid, its log or its marker.
  *sleep*kill\ -0* | *kill\ -0*sleep* | *pgrep* | *pkill* | *killall* | *while\ *\ ps\ * | *until\ *\ ps\ * | *sleep*/proc/* | */proc/*sleep* | *--pid=* | *tail\ -*[fF]* | *until\ *\[* | *while\ *\[* | *until\ *grep* | *while\ *grep* | *until\ *test* | *while\ *test*) ;;
  # Programs of the rules for heavy work; see the function heavyPrograms.
  *cargo* | *make* | *ninja* | *bazel* | *gradle* | *mvn* | *go\ test* | *go\ build* | *npm\ * | *pnpm* | *yarn* | *bun\ * | *npx* | *jest* | *vitest* | *playwright* | *cypress* | *pytest* | *tox* | *nox* | *docker* | *podman* | *torchrun* | *python* | *webpack* | *tsc* | *swift\ * | *dotnet* | *xcodebuild* | *sbt* | *mix\ * | *rspec* | *ctest* | *accelerate* | *deepspeed* | *snakemake* | *nextflow* | *ffmpeg* | *turbo* | *nx\ * | *bazelisk* | *meson* | *scons* | *zig\ build* | *uv\ run* | *rake* | *stack\ * | *cabal* | *babysit*) ;;
  *) pass ;;
esac

here=${0%/*}
[ "$here" != "$0" ] || here=.
# A shell that cannot read a sourced file exits with 2, which blocks the command.
[ -r "$here/find-node.sh" ] || pass
. "$here/find-node.sh"
find_node "$here/.." || pass
answer=$(printf '%s\n' "$input" | "$node" "$bundle" pre-tool-use)
code=$?
[ -z "$answer" ] || allow=
[ -z "$answer" ] || printf '%s\n' "$answer"
[ $code -ne 2 ] || exit 2
pass
