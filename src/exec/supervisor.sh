# The supervisor of one attempt, sourced by the spawner: the parent of the command and the writer of its log, joined by a
# pipe. They are one process group, outside the task's cgroup, and outlive the daemon.
#   $dir                  the attempt's directory, absolute; the log is beside it, so that output does not wake who watches the records
#   $request, $launch_at  the script that makes the command of a process is in the first from this byte on
#   $cat                  absolute path of cat
# Records are lines of the claim, which is made once and never overwritten: `WHAT SECONDS [...]`, the time since the epoch
# with fractions. They are `claimed`; `supervisor` and its identity, and `started` and the main process's, in any order; what
# the shell says of a signal; `exit` and the code; perhaps `gap`; and at last `closed`: all output is in the log. Together they
# are less than a block, which the first one takes: a full disk at the end costs none of them.
# `echo` and not `printf` where both will do: each builtin touches pages of bash, for each task anew.

run_command() {
  claim || return
  # $? is 128+n both for signal n and for exit 128+n. The shell reports a signal on its stderr, an exit it does not:
  # a line of its own before the record tells one from the other.
  exec 2>>"$dir/claim"
  # The page it is written to is charged to whoever writes first: the command's group would outlive its removal by it.
  # The empty line tells the log writer that the attempt is ours.
  if ! { echo "claimed $EPOCHREALTIME" >&2 && echo; }; then
    # The disk is full, or the log writer has died with the spawner. Nothing has begun: whoever comes next may have it.
    rm -f "$dir/claim"
    return 1
  fi
  # The command gets a process group of its own: its `kill 0` does not reach this one.
  set -m
  (eval "${request:launch_at}") 2>&1
  echo "exit $EPOCHREALTIME $?" >&2
}

write_log() {
  read -r || return
  exec >>"$dir/claim"
  identify
  # Returns when the exit record is there, too: run_command holds the output open until then.
  copy_output
  if is_daemon_alive; then
    # Its database makes the exit durable.
    close_attempt
  else
    copy_counters >"$dir/counters"
    close_attempt
    sync "$dir/claim" || sync
  fi
}

close_attempt() { echo "closed $EPOCHREALTIME"; }

# The spawner ends with its daemon. One that nobody has buried is not alive: it has no directory any more.
is_daemon_alive() { [ -e /proc/$$/cwd ] || { ! [ -e /proc/self ] && kill -0 $$; }; }

# noclobber opens with O_EXCL: whoever creates the claim owns the attempt, this supervisor or a recovering daemon.
claim() {
  set -C
  : >"$dir/claim" || return
  set +C
}

# The line of /proc/self/stat; where there is no /proc, the pid and the process group.
identify() {
  read -r stat </proc/self/stat || stat=$(exec sh -c 'exec ps -o pid= -o pgid= -p "$PPID"')
  echo "supervisor $EPOCHREALTIME $stat"
}

# A command that prints nothing needs nobody who copies: the first byte is read here, the rest is left in the pipe.
# A copier that meets a full disk, or is killed, is replaced: the command must never meet a broken pipe.
copy_output() {
  missing=false
  while IFS= read -r -d '' -n 1 byte; do
    : >>"$dir.log" || exec "$cat" >/dev/null
    if $missing && mark_gap; then missing=false; fi
    print_byte >>"$dir.log" || missing=true
    if copy_rest >>"$dir.log"; then break; fi
    missing=true
  done
  # The claim has room for a word where the log has none; the daemon puts the mark when the attempt is over.
  if $missing; then mark_gap || echo gap; fi
}

print_byte() {
  # NUL is the delimiter, which leaves nothing in the variable.
  case $byte in
    '') printf '\0' ;;
    *) echo -n "$byte" ;;
  esac
}

copy_rest() { "$cat"; }

mark_gap() {
  printf '\n[babysit: output is missing above: the disk was full or the log writer was killed]\n' >>"$dir.log"
}

# systemd removes the empty groups of a daemon that has died together with its unit, and the counters with them.
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
