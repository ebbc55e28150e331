# The supervisor of one attempt, sourced by the spawner: the parent of the command, and its child, the log writer, whose
# child copies the output. They form a process group outside of the task's cgroup and outlive the daemon. The parent keeps
# the pipe of the output open and replaces a log writer that dies; the log writer replaces a copier that dies.
#   $dir                  absolute path of the attempt's directory; the log is $dir.log, because the daemon watches $dir
#   $request, $launch_at  the launch script starts at this offset of the request
#   $log_max, $log_keep   largest size of the log in bytes, and number of rotated parts to keep
#   $tools                directories with the programs that the supervisor runs
# Attempt records are lines of the claim file, `WHAT SECONDS [...]`, with the time since the epoch: `claimed`,
# `supervisor` and `started` (each of the two with the identity of the process), the line of `jobs` that says how the
# command ended, `exit` with the code, `io` with the bytes read and written, `gap` if output is missing, and `closed` when
# the log is complete.
#
# All records fit in the disk block that the first one allocates: a disk that fills up later loses none of them.
# The script prefers `echo` to `printf`: each builtin that a supervisor uses costs it pages of memory.
#   fd 3  the end of the pipe that the log writer reads     fd 4  the end that the command gets     fd 5  the claim file
#   fd 7  the standard input of a task with a relay, until the command has opened it

# bash before 5.0, as on macOS, has no -f.
until_end=-f
[ "${BASH_VERSINFO[0]}" -ge 5 ] || until_end=

run_command() {
  claim || return
  exec 5>>"$dir/claim"
  # Write from here first: the kernel charges the page to the first writer, and a page keeps a removed cgroup alive.
  if ! { echo "claimed $EPOCHREALTIME" >&5 && identify && open_pipe; }; then
    # The disk is full. Release the claim: the command has not started.
    rm -f "$dir/claim"
    return 1
  fi
  open_relay
  ended= command=
  # bash runs no CHLD trap for a child that ends while `wait` is being entered. The daemon sends SIGUSR1 to a supervisor
  # that sleeps without having recorded the end.
  trap on_child USR1
  # The command gets its own process group, so that its `kill 0` does not reach the supervisor.
  set -m
  (eval "${request:launch_at}") >&4 2>&1 3<&- 4>&- 5>&- 9>&- &
  command=$!
  trap on_child CHLD
  exec 4>&- 7<&-
  # Ends a copier, see keep_writing. The command keeps the signal.
  trap '' USR2
  keep_writing
  trap '' USR1
  trap 'is_running || jobs %1 >&5' CHLD
  if [ -z "$ended" ]; then
    is_running || jobs %1 >&5
    # Without -f the wait ends when the command stops itself.
    wait $until_end "$command"
    record_exit $?
  fi
  trap - CHLD
  set +m
  close_relay
  [ -e "$dir/claim" ] || restore_records
  close_attempt
  exec 3<&- 5>&-
}

# /proc/self/fd reopens an anonymous pipe. Elsewhere a FIFO is opened and removed.
open_pipe() {
  if [[ ${request:launch_at} == '#pipes '* ]]; then make_pipes || return; fi
  if [ -p "$dir.relay" ]; then
    open_fifo "$dir.relay"
  elif new_pipe && [ -e /proc/self/fd/6 ]; then
    open_fifo /proc/self/fd/6
  else
    PATH=$tools mkfifo "$dir/output" && open_fifo "$dir/output"
    rm -f "$dir/output"
  fi
}

open_fifo() { exec 6<>"$1" 3<"$1" 4>"$1" 6>&-; }

# Opens fd 6. The newline of a here-string is in a pipe since bash 5.1; a process substitution costs a process.
new_pipe() {
  case $BASH_VERSION in
    [1-4].* | 5.0.*) ;;
    *) exec 6<<<'' && [ -p /proc/self/fd/6 ] && read -r <&6 && return ;;
  esac
  exec 6< <(:)
}

# The named pipes of a task with a relay (src/relay), next to $dir. The command waits until the relay has opened them. The
# client may have written its whole input and closed it by the time the command opens it: a FIFO that no process has open
# loses what is in it, and blocks the next process that opens it.
make_pipes() {
  names=${request:launch_at}
  names=${names%%$'\n'*}
  set --
  # The daemon has made some: see src/exec/pipe-store.ts.
  for name in ${names#'#pipes '}; do [ -p "$dir.$name" ] || set -- "$@" "$dir.$name"; done
  [ $# = 0 ] || PATH=$tools mkfifo "$@" || return
  [ ! -p "$dir.in" ] || exec 7<>"$dir.in"
}

# with-journal.sh replaces these.
open_relay() { :; }
close_relay() { :; }
before_exit() { :; }

# A process that is only stopped still answers kill -0.
is_running() { kill -0 "$command"; }

# $? is 128+n both for signal n and for exit code 128+n. `jobs` distinguishes the two, but only in the handler: after
# `wait` the job is forgotten.
on_child() {
  [ -n "$command" ] && [ -z "$ended" ] && ! is_running || return
  jobs %1 >&5
  wait "$command"
  record_exit $?
}

record_exit() {
  ended=$1
  before_exit
  echo "exit $EPOCHREALTIME $1" >&5
  record_io
}

# Returns when all output is in the log.
keep_writing() {
  missing=false
  start_writer
  # No -f: bash 5.2 then looks at its record of the process again until that says "ended", also when on_child has made it free
  # the record during the wait. In storms a supervisor looped without an end in two of 3 700 attempts.
  until wait "$writer"; do
    # A signal has ended the wait, or the log writer is stopped.
    kill -CONT "$writer" && continue
    # It may have ended by itself since.
    wait "$writer" && break
    # It was killed. End the copier that it leaves: only a copier does not ignore the signal.
    kill -USR2 0
    missing=true
    start_writer
  done
  on_child
}

# `set +m` keeps the log writer in the process group of the supervisor. No trap reports an end of the command during it.
start_writer() {
  set +m
  write_log &
  writer=$!
  set -m
  on_child
}

# The I/O counters of a process include the children it has waited for, so this is the I/O of the command. The daemon
# cannot read it: a command may end between two samples. The writes of a log writer that has ended do not count.
record_io() {
  [ -r "/proc/$BASHPID/io" ] || return
  logged=0
  kill -0 "$writer" || PATH=$tools read_logged
  while read -r key value; do
    case $key in
      read_bytes:) read_bytes=$value ;;
      write_bytes:) echo "io $EPOCHREALTIME $read_bytes $((value > logged ? value - logged : 0))" >&5 ;;
    esac
  done <"/proc/$BASHPID/io"
}

close_attempt() {
  if is_daemon_alive; then
    # The daemon stores the exit in its database, so no sync is needed.
    record_closed
  else
    copy_counters >"$dir/counters"
    record_closed
    sync "$dir/claim" || sync
  fi
}

# The command, or a user, has removed the records or their directory: the open file still has them. A task directory or a
# home that is gone is not made again.
restore_records() {
  PATH=$tools mkdir -m 700 "$dir"
  PATH=$tools cat /proc/self/fd/5 >"$dir/claim" && exec 5>>"$dir/claim"
}

record_closed() { echo "closed $EPOCHREALTIME" >&5; }

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

# Ends with a message like that of env(1) for a program that cannot be executed: bash would name a line of the launch script.
# `$2` stands before the newline, `$3` is the PATH. Call it before the environment is set: IFS, FUNCNEST and others change it.
check_program() {
  local PATH=$3 program=$1 head interpreter
  if [[ $1 != */* ]]; then
    hash -- "$1" 2>/dev/null || refuse_unfound "$@"
    # bash before 4.0 does not have this variable.
    program=${BASH_CMDS["$1"]:-}
    [ -n "$program" ] || return 0
  fi
  [ -e "$program" ] || refuse 127 'No such file or directory' "$@"
  ! [ -d "$program" ] || refuse 126 'Is a directory' "$@"
  [ -f "$program" ] && [ -x "$program" ] || refuse 126 'Permission denied' "$@"
  # A program that cannot be read may be executed.
  { IFS= read -r -n 2 head <"$program" && [ "$head" = '#!' ] && IFS= read -r head <"$program"; } 2>/dev/null || return 0
  head=${head#'#!'}
  head=${head#"${head%%[![:blank:]]*}"}
  interpreter=${head%%[[:blank:]]*}
  [ -n "$interpreter" ] || return 0
  # The carriage return of a script from Windows would hide the name.
  head="${interpreter//$'\r'/^M}: bad interpreter:"
  [ -e "$interpreter" ] || refuse 127 "$head No such file or directory" "$@"
  [ -f "$interpreter" ] && [ -x "$interpreter" ] || refuse 126 "$head Permission denied" "$@"
}

refuse_unfound() {
  local IFS=: place
  set -f
  for place in $PATH; do
    if [ -f "${place:-.}/$1" ]; then refuse 126 'Permission denied' "$@"; fi
  done
  refuse 127 'command not found' "$@"
}

refuse() {
  printf 'babysit: %s: %s%b\n' "$3" "$2" "$4" >&2
  exit "$1"
}

identify() {
  read_stat
  echo "supervisor $EPOCHREALTIME $stat" >&5
}

# Reads the first byte here, so that a silent command needs no copier.
# If the copier meets a full disk or is killed, the loop starts a new one.
write_log() {
  exec <&3 3<&-
  room=$log_max
  # The log of a writer that was killed.
  [ -s "$dir.log" ] && room=0
  while IFS= read -r -d '' -n 1 byte; do
    [ "$room" -gt 0 ] || room=$(make_room)
    if $missing && mark_gap; then missing=false; fi
    if $missing; then
      try_output >>"$dir.log"
    else
      copy_output >>"$dir.log" || missing=true
    fi
    room=0
  done
  # If the mark does not fit in the log, record `gap`: the daemon adds the mark when the attempt is over.
  if $missing; then mark_gap || echo gap >&5; fi
}

copy_output() { print_byte && copy_rest; }

# A copier ends after a number of reads, of which each may be short, so the log stays within its size. dd writes each read
# at once, and never reads more than it writes.
copy_rest() {
  (
    trap - USR2
    PATH=$tools
    exec dd bs=4096 count=$((room / 4096 + 1))
  )
}

# Drops what does not fit: the command must not wait for the disk.
try_output() {
  print_byte
  (
    trap - USR2
    PATH=$tools
    exec dd bs=65536 count=1
  )
}

# Prints how many bytes the log may grow. A log that is nearly full becomes a rotated part first (src/logs/parts.ts); a
# daemon that rotates it now has left a journal.
make_room() {
  PATH=$tools
  read_rotated
  read_size "$dir.log"
  if [ $((size * 16)) -gt $((log_max * 15)) ] && ! [ -e "$dir.log.journal" ]; then
    printf -v part '%s.log.%015d' "$dir" "$rotated"
    mv "$dir.log" "$part" && size=0
    remove_parts
  fi
  echo $((log_max > size ? log_max - size : 1))
}

# Sets size; without a process for a file that is missing or empty.
read_size() {
  size=0
  [ -s "$1" ] || return
  size=$(wc -c <"$1") || size=0
  size=$((size))
}

# Sets logged to all output so far.
read_logged() {
  read_rotated
  read_size "$dir.log"
  logged=$((rotated + size))
}

# Sets rotated to what the rotated parts hold. The newest one is never packed while the attempt runs.
read_rotated() {
  for part in "$dir.log".???????????????; do :; done
  rotated=0
  [ -e "$part" ] || return
  read_size "$part"
  rotated=$((10#${part##*.} + size))
}

remove_parts() {
  parts=() last=
  for part in "$dir.log".[0-9]*; do
    # A part that is being packed has two names.
    part=${part%.gz}
    case $part in
      *.new | *.packing | "$last") ;;
      *) parts+=("$part") last=$part ;;
    esac
  done
  for ((i = 0; i < ${#parts[@]} - log_keep; i++)); do rm -f "${parts[i]}" "${parts[i]}.gz"; done
}

print_byte() {
  # `read -d ''` leaves the variable empty for a NUL byte.
  case $byte in
    '') printf '\0' ;;
    *) echo -n "$byte" ;;
  esac
}

mark_gap() {
  printf '\n[babysit: output is missing above: the disk was full or the log writer was killed]\n' >>"$dir.log"
}

# When a daemon dies, systemd removes its unit with all empty groups and their counters.
copy_counters() {
  rest=${request:launch_at}
  rest=${rest#'#pipes '*$'\n'}
  while [[ $rest == '#counter '* ]]; do
    file=${rest%%$'\n'*}
    file=${file#'#counter '}
    rest=${rest#*$'\n'}
    [ -r "$file" ] || continue
    text=
    IFS= read -r -d '' text <"$file"
    # A group that is removed after the open reads as empty: keep an earlier copy.
    [ -z "$text" ] || printf '# %s\n%s' "$file" "$text"
  done
}
