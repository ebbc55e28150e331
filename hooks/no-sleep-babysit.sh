#!/bin/sh
# PreToolUse hook for shell commands: blocks commands that poll babysit. Passes other commands without starting Node.
# Exits 0 without output, or 2 with the right command on stderr. Bypass: BYPASS_SLEEP_BABYSIT_CHECK in the command.

input=$(cat)
[ -z "${BYPASS_SLEEP_BABYSIT_CHECK:-}" ] || exit 0
case $input in
  *[Bb][Aa][Bb][Yy][Ss][Ii][Tt]*) ;;
  *) exit 0 ;;
esac
# Words that pause or repeat a command. `babysit log --tail` does neither.
case $input in
  *sleep* | *sl[\'\\]* | *watch* | *while* | *until* | *for* | *[!-]tail* | *setTimeout* | *read\ -t* | *ping* | *\(\)*) ;;
  *) exit 0 ;;
esac

here=${0%/*}
[ "$here" != "$0" ] || here=.
# A shell that cannot read a sourced file exits with 2, which blocks the command.
[ -r "$here/find-node.sh" ] || exit 0
. "$here/find-node.sh"
find_node "$here/.." || exit 0
printf '%s\n' "$input" | "$node" "$bundle" pre-tool-use
[ $? -ne 2 ] || exit 2
exit 0
