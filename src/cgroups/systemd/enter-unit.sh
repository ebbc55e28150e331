# Starts the unit of an attempt and creates the group of its command in it. The launch script sources it.
#   $dir  the attempt's directory with the FIFO `unit`; fd 8 is open on the FIFO, so that systemd opens it without waiting
#   GROUP [FILE=VALUE...] -- [UNIT SYSTEMCTL [ARG...]] -- SYSTEMD-RUN [ARG...] -- PROGRAM [ARG...]
# The unit's main process gets its own leaf group: in cgroup v2 a group with child groups cannot hold processes.

words() {
  words=()
  while [ "$1" != -- ]; do
    words+=("$1")
    shift
  done
}

group=$1
shift
words "$@"
limits=("${words[@]}")
shift $((${#words[@]} + 1))
words "$@"
unload=("${words[@]}")
shift $((${#words[@]} + 1))
words "$@"
start=("${words[@]}")
shift $((${#words[@]} + 1))
# An earlier attempt may have left the unit. One that runs stays, and systemd-run refuses its name.
if [ ${#unload[@]} != 0 ]; then
  systemctl=("${unload[@]:1}")
  case $("${systemctl[@]}" show --value --property=SubState "${unload[0]}") in
    exited | failed)
      "${systemctl[@]}" stop "${unload[0]}" 2>/dev/null
      "${systemctl[@]}" reset-failed "${unload[0]}" 2>/dev/null
      ;;
  esac
fi
"${start[@]}" "--property=StandardInput=file:$dir/unit" "$@" >/dev/null || return
unit=${group%/*}
mkdir "$unit/main" "$group" || return
while read -r pid; do
  echo "$pid" >"$unit/main/cgroup.procs"
done <"$unit/cgroup.procs"
for controller in memory cpu pids io; do
  echo "+$controller" >"$unit/cgroup.subtree_control" 2>/dev/null
done
for limit in "${limits[@]}"; do
  file=$group/${limit%%=*}
  ! [ -e "$file" ] || echo "${limit#*=}" >"$file" || return
done
