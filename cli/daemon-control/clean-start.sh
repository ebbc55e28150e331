# Starts the daemon without what a process inherits from its starter and Node cannot change. The arguments are the command
# of the daemon. One function, so that bash has read all of it before it closes the script.
#
# The options are those that util-linux and busybox share.
#
# Without privileges a hard limit, a negative niceness and a raised oom_score_adj may stay.

PLACES=/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin

start() {
  close_descriptors
  {
    raise_limits
    use_all_cpus
    # A task may have the niceness and the idle classes that babysit gave it.
    PATH=$PLACES renice 0 -p $$
    PATH=$PLACES chrt -o -p 0 $$
    PATH=$PLACES ionice -c 0 -p $$
    # The kernel lets a user return only to the last value that root has set. systemd sets 100 for a session, 200 for its
    # applications.
    [ ! -w /proc/self/oom_score_adj ] || echo 0 >/proc/self/oom_score_adj ||
      echo 100 >/proc/self/oom_score_adj || echo 200 >/proc/self/oom_score_adj
    # The default of the kernel.
    echo 50000 >/proc/self/timerslack_ns
    read -r filter </proc/1/coredump_filter && echo "0x$filter" >/proc/self/coredump_filter
    prefix=()
    reset_personality
    reset_realtime_signals
  } >/dev/null 2>&1
  exec "${prefix[@]}" "$@"
}

# With that of the starter, all tasks would run without address randomization, or see a machine of 32 bits.
reset_personality() {
  read -r personality </proc/self/personality && [ "$personality" != 00000000 ] && execute_by setarch linux64
}

# libuv resets the signals below 32 only, and bash none of those that it finds ignored.
reset_realtime_signals() {
  while read -r key mask; do
    [ "$key" != SigIgn: ] || [[ $mask == 00000000* ]] || execute_by env --default-signal
  done </proc/self/status
}

# Not each version of the program has the option. PATH is that of the daemon.
execute_by() {
  local program
  program=$(PATH=$PLACES type -P "$1") && "$program" "${@:2}" "$BASH" --version && prefix+=("$program" "${@:2}")
}

# An inherited descriptor would keep a lock of flock(1) or a pipe of the caller.
close_descriptors() {
  for fd in /dev/fd/*; do
    fd=${fd##*/}
    case $fd in
      0 | 1 | 2 | *[!0-9]*) ;;
      *) eval "exec $fd>&-" ;;
    esac
  done
}

# Only root can raise a hard limit. Threads take the size of their stacks from the soft limit; a dump has secrets.
raise_limits() {
  for limit in d f i l m q t u v x; do
    ulimit -H -$limit unlimited
    ulimit -S -$limit hard
  done
  [ "$(ulimit -H -n)" = unlimited ] || [ "$(ulimit -H -n)" -ge 65536 ] || ulimit -H -n 65536
  ulimit -S -n hard
  ulimit -S -s 8192
  ulimit -S -c 0
}

# The CPUs of process 1 are those that the administrator gives to all; the kernel leaves out those of other cpusets.
use_all_cpus() {
  while read -r key value; do
    [ "$key" != Cpus_allowed_list: ] || PATH=$PLACES taskset -cp "$value" $$
  done </proc/1/status
}

start "$@"
