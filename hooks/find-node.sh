# Sourced by the hooks: the Node and the bundle they run. Never builds or fetches: a hook has no time for it.

# find_node ROOT: sets `node` and `bundle`, or fails.
find_node() {
  bundle=$1/dist/hooks.cjs
  [ -f "$bundle" ] || return 1
  for node in "${BABYSIT_NODE:-}" "$1/.runtime/node" "${XDG_CACHE_HOME:-${HOME:-}/.cache}/babysit/node"; do
    [ ! -x "$node" ] || return 0
  done
  node=$(command -v node)
}
