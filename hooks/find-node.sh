# Sourced by the hooks: finds the Node and the bundle that they run. Never builds or downloads: a hook must be fast.

# Variables that change Node itself are for the programs of the user; see the launcher.
unset NODE_OPTIONS NODE_V8_COVERAGE NODE_DEBUG NODE_DEBUG_NATIVE NODE_PATH NODE_COMPILE_CACHE NODE_ICU_DATA \
  NODE_PENDING_DEPRECATION NODE_PRESERVE_SYMLINKS NODE_PRESERVE_SYMLINKS_MAIN NODE_REDIRECT_WARNINGS NODE_CHANNEL_FD \
  NODE_UNIQUE_ID OPENSSL_CONF

# Node crashes at limits that some shells have; see the launcher.
for flag_limit in v=unlimited d=unlimited s=8192 n=64; do
  ulimit -S "-${flag_limit%=*}" "${flag_limit#*=}"
done 2>/dev/null

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
  printf '%s\n' "$input" | "$node" "${bundle%/*}/session-hooks.cjs" "$2"
  exit 0
}
