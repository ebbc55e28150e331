# Sourced by the hooks: finds the Node and the bundle that they run. Never builds or downloads: a hook must be fast.

# Variables that change Node itself are for the programs of the user; see the launcher.
unset NODE_OPTIONS NODE_V8_COVERAGE NODE_DEBUG NODE_DEBUG_NATIVE NODE_PATH NODE_COMPILE_CACHE NODE_ICU_DATA \
  NODE_PENDING_DEPRECATION NODE_PRESERVE_SYMLINKS NODE_PRESERVE_SYMLINKS_MAIN NODE_REDIRECT_WARNINGS NODE_CHANNEL_FD \
  NODE_UNIQUE_ID OPENSSL_CONF

# As shells take it for `~`; see src/config/home.ts.
[ -n "${HOME:-}" ] || HOME=$(eval echo "~$(id -un)")

# Node crashes at limits that some shells have; see the launcher.
for flag_limit in v=unlimited d=unlimited s=8192 n=64; do
  ulimit -S "-${flag_limit%=*}" "${flag_limit#*=}"
done 2>/dev/null

# report_limit CODE: names the hard limit with which Node has not started, when CODE is that of a crash. A redirection of a
# command would need descriptors above 10.
report_limit() {
  [ "$1" -ge 126 ] || return 0
  for need in 'v 1572864 address space in KiB' 'd 786432 data size in KiB' 's 1024 stack size in KiB' 'n 32 open files'; do
    flag=${need%% *}
    least=${need#* }
    limit=$(ulimit -H "-$flag")
    case $limit in
      *[!0-9]*) continue ;;
    esac
    [ "$limit" -lt "${least%% *}" ] || continue
    (
      exec >&2
      echo "babysit: a hook did not run, because the hard limit of ${least#* } is $limit (ulimit -H$flag), and it needs ${least%% *}"
      echo "  hint: Start the agent from a shell with a higher limit."
    )
    return 0
  done
}

# find_node ROOT: sets `node` and `bundle`, or fails.
find_node() {
  bundle=$1/dist/hooks.cjs
  [ -f "$bundle" ] || return 1
  for node in "${BABYSIT_NODE:-}" "$1/.runtime/node" "${XDG_CACHE_HOME:-$HOME/.cache}/babysit/node"; do
    [ ! -x "$node" ] || return 0
  done
  node=$(command -v node)
}

# session_hook ROOT HOOK: runs the hook on `input`, unless babysit is not in use. Always exits 0.
session_hook() {
  home=${BABYSIT_HOME:-${XDG_STATE_HOME:-$HOME/.local/state}/babysit}
  [ -f "$home/daemon.pid" ] || exit 0
  find_node "$1" || exit 0
  printf '%s\n' "$input" | "$node" "${bundle%/*}/session-hooks.cjs" "$2"
  report_limit $?
  exit 0
}
