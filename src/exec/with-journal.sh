# Sourced over supervisor.sh for an attempt whose output also goes to the journal of systemd, perhaps as the output of a unit
# of its own (src/cgroups/systemd/enter-unit.sh). A journal that is gone costs the journal its copy, nothing else; one that hangs
# holds the output up once its socket is full.
#   $journal_name  the identifier of its lines
#   $unit_aside    written to by what belongs to the unit and not to the task; empty: there is no unit
#   $unit_group    the group of the task in the unit

PATH=/usr/local/bin:/usr/bin:/bin:/run/current-system/sw/bin
relay=

supervise() {
  if [ -n "$unit_aside" ]; then
    mkfifo "$dir/unit"
    # For reading, too, so that it opens at once; the unit ends when nobody has it open any more.
    exec 8<>"$dir/unit"
  fi
  run_command </dev/null 2>/dev/null | {
    write_log
    end_relay
  } >/dev/null 2>&1
  # Whoever has not got the claim has no unit to end either.
  [ "${PIPESTATUS[0]}" != 0 ] || [ -z "$unit_aside" ] || end_unit >&8
}

# The first byte has been read already. tee, not cat: a copier that meets a full disk ends, and is replaced; one that
# meets a relay that has gone goes on without it.
copy_rest() {
  [ -n "$relay" ] || begin_relay
  print_byte >&9
  tee --output-error=exit-nopipe /dev/fd/9
}

begin_relay() {
  exec 9> >(
    exec 8>&- >/dev/null
    [ -z "$unit_aside" ] || echo 0 >"$unit_aside"
    exec systemd-cat --identifier="$journal_name" --level-prefix=false
  )
  relay=$!
}

end_relay() {
  [ -n "$relay" ] || return
  exec 9>&-
  wait "$relay"
}

# Its counters go with the unit, so they are copied whether a daemon is there or not.
close_attempt() {
  [ -z "$unit_aside" ] || copy_counters >"$dir/counters"
  echo "closed $EPOCHREALTIME"
}

# What the main process of the task has left behind keeps the unit, as it keeps the task.
end_unit() {
  while is_populated; do sleep 1; done
  while read -r what _ code; do
    [ "$what" != exit ] || echo "$code"
  done <"$dir/claim"
}

is_populated() {
  while read -r key value; do
    [ "$key" != populated ] || return "$((1 - value))"
  done <"$unit_group/cgroup.events"
  return 1
}
