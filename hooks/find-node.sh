# Sourced by the hooks: finds the Node and the bundle that they run. Never builds or downloads: a hook must be fast.

# find_node ROOT: sets `node` and `bundle`, or fails.
find_node() {
  bundle=$1/dist/hooks.cjs
  [ -f "$bundle" ] || return 1
  for node in "${BABYSIT_NODE:-}" "$1/.runtime/node" "${XDG_CACHE_HOME:-${HOME:-}/.cache}/babysit/node"; do
    [ ! -x "$node" ] || return 0
  done
  node=$(command -v node)
}

# session_hook ROOT HOOK: runs the hook on `input`, unless babysit is not in use. Always exits 0.
session_hook() {
  home=${BABYSIT_HOME:-${XDG_STATE_HOME:-${HOME:-}/.local/state}/babysit}
  [ -f "$home/daemon.pid" ] || exit 0
  find_node "$1" || exit 0
  printf '%s\n' "$input" | "$node" "$bundle" "$2"
  exit 0
}
