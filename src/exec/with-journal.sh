# Sourced after supervisor.sh for an attempt whose output also goes to the systemd journal. For a task in its own unit
# (src/cgroups/systemd/enter-unit.sh) it is the output of the unit. If the journal ends, only its copy is lost. If the
# journal hangs, the output blocks when the journal's socket is full.
#   $journal_name  the identifier of the lines
#   $unit_aside    cgroup.procs of the unit's other group, which the relay enters; empty without a unit
#   $unit_group    the task's group in the unit
#   unit_result    prints why systemd ended the unit, see systemd.service(5), where it ends units by itself

supervise() {
  if [ -n "$unit_aside" ]; then
    mkfifo "$dir/unit"
    # Open for reading and writing, so that the open does not block. The unit ends when no process has the FIFO open.
    exec 8<>"$dir/unit"
  fi
  # Without the claim there is no unit to end.
  run_command && [ -n "$unit_aside" ] && end_unit >&8
}

# The relay waits for a first byte, so that a silent command needs no systemd-cat.
open_relay() {
  exec 9> >(
    exec 3<&- 4>&- 5>&- 7<&- 8>&- >/dev/null
    read -r -n 1 || exit
    [ -z "$unit_aside" ] || echo 0 >"$unit_aside"
    exec systemd-cat --identifier="$journal_name" --level-prefix=false
  )
  relay=$!
}

close_relay() {
  exec 9>&-
  wait "$relay"
}

# write_log has read the first byte. tee ends on a full disk, so that write_log replaces it, but keeps running when the
# relay ends. The empty line starts the relay.
copy_output() {
  (
    trap - USR2
    PATH=$tools
    set -o pipefail
    [ -n "$has_output" ] || echo >&9
    { print_byte && exec dd bs=4096 count=$((room / 4096 + 1)); } | tee --output-error=exit-nopipe /dev/fd/9
  )
  status=$?
  has_output=1
  return $status
}
has_output=

# systemd removes the unit with its counters soon after an OOM kill, so copy them at once, even if a daemon is alive. The
# main process of the unit gets the exit code now: a daemon may end this process before the output is complete.
before_exit() {
  [ -z "$unit_aside" ] || { echo "$ended" >&8 && copy_counters >"$dir/counters"; }
}

# The later copies replace the earlier ones, where the group still exists.
close_attempt() {
  if [ -n "$unit_aside" ]; then
    is_unit_alive || echo "unit_ended $EPOCHREALTIME $(unit_result)" >&5
    copy_counters >>"$dir/counters"
  fi
  record_closed
}

# The main process waits for the exit code. systemctl stop and systemctl kill end it before the command: when the command
# gets the signal, the kernel has already marked the main process with SIGKILL, even if that has not run since.
is_unit_alive() {
  while read -r pid; do
    script=
    { read -r -d '' _ && read -r -d '' script; } <"/proc/$pid/cmdline"
    [[ $script == */unit-main.sh ]] || continue
    while read -r key value; do
      [ "$key" != SigPnd: ] || return "$((16#$value >> 8 & 1))"
    done <"/proc/$pid/status"
  done <"$unit_aside"
  return 1
}

# Processes that outlive the main process keep the unit active, as they keep the task active.
end_unit() {
  while is_populated; do sleep 1; done
  echo end
}

is_populated() {
  while read -r key value; do
    [ "$key" != populated ] || return "$((1 - value))"
  done <"$unit_group/cgroup.events"
  return 1
}
