#!/bin/sh
# SessionStart hook: sums up the project's tasks that live or ended while nobody looked.
# Says nothing where there is nothing, and where babysit is not in use.

input=$(cat)
home=${BABYSIT_HOME:-${XDG_STATE_HOME:-${HOME:-}/.local/state}/babysit}
[ -f "$home/daemon.pid" ] || exit 0
here=${0%/*}
[ "$here" != "$0" ] || here=.
[ -r "$here/find-node.sh" ] || exit 0
. "$here/find-node.sh"
find_node "$here/.." || exit 0
printf '%s\n' "$input" | "$node" "$bundle" session-start
exit 0
