#!/bin/sh
# The parent of one attempt. Runs launch.sh, copies its output into the log, leaves the records the daemon reads.
# It lives outside the task's cgroup, in a process group of its own, and outlives the daemon.
#   $1  the attempt's directory, absolute; the log is beside it, so that output does not wake who watches the records
#   $2  absolute path of cat
# Records, in order: claim (this attempt has been taken; made once, never overwritten), started (written by launch.sh),
# exit (the main process has ended; its mtime is the time), closed (all output is in the log).
dir=$1 cat=$2
parent=$PPID # the spawner, which ends with the daemon
exec 2>"$dir/supervisor.err"
# A reader that dies, or a signal to this process group, must not cost the exit record. A trap, unlike
# an ignored signal, is not inherited by the command.
trap : INT TERM HUP QUIT PIPE

# noclobber opens with O_EXCL: whoever creates the claim owns the attempt, this supervisor or a recovering daemon.
set -C
stat=$$
if [ -r /proc/self/stat ]; then read -r stat </proc/self/stat; fi
{ printf '%s\n' "$stat" >"$dir/claim"; } 2>/dev/null || exit 0
set +C

# Room for the exit record is taken now: when the disk is full at the end, overwriting needs none.
printf '%64s' '' >"$dir/exit"

{
  trap : INT TERM HUP QUIT PIPE
  (. "$dir/launch.sh") 2>&1
  code=$?
  # $? is 128+n both for signal n and for exit 128+n. The shell reports a signal on its stderr, an exit it does not.
  told=0
  if [ -s "$dir/supervisor.err" ]; then told=1; fi
  printf 'code=%s told=%s end\n' "$code" "$told" 1<>"$dir/exit"
} | {
  trap : INT TERM HUP QUIT PIPE
  # What the shell says here must not count as told about the command.
  exec 2>/dev/null
  # A writer that meets a full disk, or is killed, is replaced: the command must never meet a broken pipe.
  missing=0
  mark() { printf '\n[babysit: output is missing above: the disk was full or the log writer was killed]\n' >>"$dir.log"; }
  until "$cat" >>"$dir.log"; do
    { : >>"$dir.log"; } || exec "$cat" >/dev/null
    missing=1
    if mark; then missing=0; fi
  done
  if [ "$missing" = 1 ]; then mark; fi
}

is_orphan=0
kill -0 "$parent" 2>/dev/null || is_orphan=1
if [ "$is_orphan" = 1 ]; then
  # systemd removes the empty groups of a daemon that has died together with its unit, and the counters with them.
  while read -r mark file && [ "$mark" = '#counter' ]; do
    [ -r "$file" ] || continue
    printf '# %s\n' "$file"
    while IFS= read -r line; do printf '%s\n' "$line"; done <"$file"
  done <"$dir/launch.sh" >"$dir/counters"
fi
: >"$dir/closed"

# With the daemon alive its database makes the exit durable; without it, the record must reach the disk by itself.
if [ "$is_orphan" = 1 ]; then sync "$dir/exit" "$dir/closed" 2>/dev/null || sync; fi
