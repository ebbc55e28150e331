# The supervisor of one attempt, sourced by the spawner. It is two processes joined by a pipe: the parent of the command
# and the log writer. They form a process group outside of the task's cgroup and outlive the daemon.
#   $dir                  absolute path of the attempt's directory; the log is $dir.log, because the daemon watches $dir
#   $request, $launch_at  the launch script starts at this offset of the request
#   $cat                  absolute path of cat
# Attempt records are lines of the claim file, `WHAT SECONDS [...]`, with the time since the epoch: `claimed`,
# `supervisor` and `started` (in any order, each with the identity of the process), the line of `jobs` that says how the
# command ended, `exit` with the code, `io` with the bytes read and written, `gap` if output is missing, and `closed` when
# the log is complete.
#
# All records fit in the disk block that the first one allocates: a disk that fills up later loses none of them.
# The script prefers `echo` to `printf`: each builtin that a supervisor uses costs it pages of memory.

# bash before 5.0, as on macOS, has no -f.
until_end=-f
[ "${BASH_VERSINFO[0]}" -ge 5 ] || until_end=

run_command() {
  claim || return
  exec 2>>"$dir/claim"
  # Write from here first: the kernel charges the page to the first writer, and a page keeps a removed cgroup alive.
  # The empty line on stdout starts the log writer.
  if ! { echo "claimed $EPOCHREALTIME" >&2 && echo; }; then
    # The disk is full, or the log writer died with the spawner. Release the claim: the command has not started.
    rm -f "$dir/claim"
    return 1
  fi
  # The command gets its own process group, so that its `kill 0` does not reach the supervisor.
  set -m
  # $? is 128+n both for signal n and for exit code 128+n. `jobs` distinguishes the two, but only in the handler: after
  # `wait` the job is forgotten. A process that is only stopped still answers kill -0.
  trap 'kill -0 $! 2>/dev/null || jobs >&2' CHLD
  (eval "${request:launch_at}") 2>&1 &
  # Without -f the wait ends when the command stops itself.
  wait $until_end $!
  echo "exit $EPOCHREALTIME $?" >&2
  record_io
}

# The I/O counters of a process include the children it has waited for, so this is the I/O of the command. The daemon
# cannot read it: a command may end between two samples.
record_io() {
  [ -r "/proc/$BASHPID/io" ] || return
  while read -r key value; do
    case $key in
      read_bytes:) read_bytes=$value ;;
      write_bytes:) echo "io $EPOCHREALTIME $read_bytes $value" >&2 ;;
    esac
  done <"/proc/$BASHPID/io"
}

write_log() {
  read -r || return
  exec >>"$dir/claim"
  identify
  # run_command holds the pipe open until it has written the exit record.
  copy_output
  if is_daemon_alive; then
    # The daemon stores the exit in its database, so no sync is needed.
    close_attempt
  else
    copy_counters >"$dir/counters"
    close_attempt
    sync "$dir/claim" || sync
  fi
}

close_attempt() { echo "closed $EPOCHREALTIME"; }

# $$ is the spawner, which ends with the daemon. A zombie has no /proc/PID/cwd, so it does not count as alive.
is_daemon_alive() { [ -e /proc/$$/cwd ] || { ! [ -e /proc/self ] && kill -0 $$; }; }

# noclobber opens with O_EXCL: the creator of the claim owns the attempt, either a supervisor or a recovering daemon.
claim() {
  set -C
  : >"$dir/claim" || return
  set +C
}

# Sets stat to /proc/self/stat, or to pid, process group and start time where /proc does not exist. The launch script calls
# it too: its process becomes the command.
read_stat() {
  { read -r stat </proc/self/stat; } 2>/dev/null || stat=$(TZ=UTC LC_ALL=C exec sh -c 'exec ps -o pid= -o pgid= -o lstart= -p "$PPID"')
}

identify() {
  read_stat
  echo "supervisor $EPOCHREALTIME $stat"
}

# Reads the first byte here, so that a silent command needs no cat process.
# If the copier meets a full disk or is killed, the loop starts a new one: the command must not get SIGPIPE.
copy_output() {
  missing=false
  while IFS= read -r -d '' -n 1 byte; do
    : >>"$dir.log" || exec "$cat" >/dev/null
    if $missing && mark_gap; then missing=false; fi
    print_byte >>"$dir.log" || missing=true
    if copy_rest >>"$dir.log"; then break; fi
    missing=true
  done
  # If the mark does not fit in the log, record `gap`: the daemon adds the mark when the attempt is over.
  if $missing; then mark_gap || echo gap; fi
}

print_byte() {
  # `read -d ''` leaves the variable empty for a NUL byte.
  case $byte in
    '') printf '\0' ;;
    *) echo -n "$byte" ;;
  esac
}

copy_rest() { "$cat"; }

mark_gap() {
  printf '\n[babysit: output is missing above: the disk was full or the log writer was killed]\n' >>"$dir.log"
}

# When a daemon dies, systemd removes its unit with all empty groups and their counters.
copy_counters() {
  rest=${request:launch_at}
  while [[ $rest == '#counter '* ]]; do
    file=${rest%%$'\n'*}
    file=${file#'#counter '}
    rest=${rest#*$'\n'}
    [ -r "$file" ] || continue
    printf '# %s\n' "$file"
    while IFS= read -r line; do printf '%s\n' "$line"; done <"$file"
  done
}
