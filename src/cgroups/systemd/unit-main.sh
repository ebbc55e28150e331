# The main process of an attempt's unit. It ends with the attempt, with the exit code that the supervisor writes as soon as
# the command has ended. The line `end` follows when the group is empty. At end of file the supervisor has died: exit, so that
# systemd kills the processes left in the unit.
#   $1  the OOMPolicy of the unit

# With OOMPolicy=stop, systemd ends the unit after an OOM kill with SIGTERM: wait for the exit code all the same.
is_oom() {
  read -r own </proc/self/cgroup || return
  while read -r key value; do
    [ "$key" != oom_kill ] || [ "$value" = 0 ] || return 0
  done <"/sys/fs/cgroup${own#0::}/../memory.events"
  return 1
}
terminated() {
  is_signaled=1
  was_signaled=1
  is_oom || { trap - TERM && kill -TERM $$; }
}
[ "$1" != stop ] || trap terminated TERM

until [ "$line" = end ]; do
  if read -r line; then
    [ "$line" = end ] || code=$line
  else
    # A signal ends a read like the end of the file.
    [ -n "$is_signaled" ] || break
    is_signaled=
  fi
done
# End as a command of systemd that the kernel killed. With OOMPolicy=stop wait until systemd has seen the OOM, else the
# result would be that of the signal.
if [ "$code" = 137 ] && is_oom; then
  left=50
  until [ "$1" != stop ] || [ -n "$was_signaled" ] || [ "$left" = 0 ]; do
    sleep 0.1
    left=$((left - 1))
  done
  kill -KILL $$
fi
exit "${code:-1}"
