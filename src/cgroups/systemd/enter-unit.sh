# Starts the unit of an attempt and creates the group of its command in it. The launch script sources it.
#   $dir  the attempt's directory with the FIFO `unit`; fd 8 is open on the FIFO, so that systemd opens it without waiting
#   GROUP [FILE=VALUE...] -- SYSTEMD-RUN [ARG...] -- PROGRAM [ARG...]
# The unit's main process gets its own leaf group: in cgroup v2 a group with child groups cannot hold processes.

group=$1
shift
limits=()
while [ "$1" != -- ]; do
  limits+=("$1")
  shift
done
shift
start=()
while [ "$1" != -- ]; do
  start+=("$1")
  shift
done
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
