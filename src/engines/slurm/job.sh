# The supervisor of an attempt in a job of a cluster, sourced after supervisor.sh by the file that the job script reads.
# It runs the command like the spawner does on the host of the daemon. Its agent, a child that is ended with it, writes what
# the processes of the command use and sends them the signals that the daemon asks for: both through files next to $dir,
# so that neither needs the daemons of the cluster.
#   $bell      a file that every job writes when it begins and ends: the daemon looks at it instead of at each attempt
#   $task      the id of the task
#   $dir.usage     `usage TIME MEMORY PEAK CPU PROCESSES OOM_KILLS`: seconds, bytes, bytes, microseconds
#   $dir.signals   a line with a name for each signal, as TERM
# supervisor.sh calls open_relay before the command starts, and close_relay after its end.

# USER_HZ is 100 on every architecture that Slurm runs on.
tick_usec=10000
first_all_usec=1000000

run_job() {
  trap '' INT TERM HUP QUIT PIPE XFSZ
  ring
  run_command </dev/null >/dev/null 2>&1
  ring
  # The attempt was withdrawn, or another job has it.
  [ -n "${command-}" ] || exit 92
  # A task that was killed has not completed, so jobs that depend on it must not begin.
  ! was_killed || exit 93
  exit "${ended:-1}"
}

was_killed() {
  local signal
  [ -e "$dir.signals" ] || return
  while read -r signal; do
    case $signal in STOP | CONT) ;; *) return 0 ;; esac
  done <"$dir.signals"
  return 1
}

# The name is that of the last one that rang; the rest makes each text another one (EPOCHREALTIME needs bash 5).
ring() { echo "$task $RANDOM$EPOCHREALTIME" >"$bell"; }

open_relay() {
  # Instead of the environment, without another process, for a second launch of the job.
  echo 'exit 92' >"$dir.job"
  find_oom_file
  # Not a job of this shell: the command must be %1.
  watch_job 3<&- 4>&- 5>&- &
  agent=$!
  disown
}

close_relay() {
  # Later they hold those of the agent, too.
  read_times
  kill -KILL "$agent"
  [ ! -r "$dir.usage" ] || read -r _ _ mem peak _ count <"$dir.usage"
  read_oom_kills
  echo "usage $EPOCHREALTIME 0 ${peak:-0} $own_usec 0 $oom_kills" >"$dir.usage"
}

# Where the kernel counts the processes of this job that it killed for memory: in the cgroup of the job, if Slurm made one.
find_oom_file() {
  local controllers file path
  oom_file=
  while IFS=: read -r _ controllers path; do
    case $controllers: in
      :) file=/sys/fs/cgroup$path/memory.events ;;
      memory[:,]* | *,memory[:,]*) file=/sys/fs/cgroup/memory$path/memory.oom_control ;;
      *) continue ;;
    esac
    case $path/ in */job_"$SLURM_JOB_ID"/*) [ ! -r "$file" ] || oom_file=$file ;; esac
  done <"/proc/$$/cgroup"
}

read_oom_kills() {
  local key value
  oom_kills=0
  [ -z "$oom_file" ] || while read -r key value; do
    [ "$key" != oom_kill ] || oom_kills=$value
  done <"$oom_file"
}

# The CPU time of the processes that this supervisor has waited for, and its process group and session.
read_times() {
  IFS= read -r line <"/proc/$$/stat" || return
  set -- ${line##*) }
  own_group=$3 own_session=$4 own_usec=$(((${14} + ${15}) * tick_usec))
}

watch_job() {
  peak=0 seen=0 pause=0.1
  declare -A known=()
  page_bytes=
  read_clock
  all_due=$((now + first_all_usec))
  # An empty pipe that this agent holds open: a wait without another process.
  new_pipe
  exec 6<>/proc/self/fd/6
  until read -r -t "$pause" -u 6 || ! [ -e "/proc/$$" ]; do
    [ -n "$page_bytes" ] || read_page_bytes
    look
    ((mem <= peak)) || peak=$mem
    read_oom_kills
    echo "usage $EPOCHREALTIME $mem $peak $usec ${#members[@]} $oom_kills" >"$dir.usage"
    send_signals
    # Short tasks have a peak, too.
    case $pause in 0.1) pause=0.3 ;; *) pause=1 ;; esac
  done
}

# To read all processes of a large node takes a tenth of a second: they get a hundredth of the time. Between them the agent
# descends from the supervisor, which misses only a process that left its parent within a second of its start.
look() {
  local began
  read_clock
  if ((now < all_due)) && [ -e "/proc/$$/task/$$/children" ]; then
    descend
    find_members
  else
    began=$now
    find_all_members
    read_clock
    all_due=$((now + 100 * (now - began)))
  fi
}

# The first mapping is that of bash, in pages of the usual size. getconf would be another process of each job.
read_page_bytes() {
  local key value
  while read -r key value _; do
    [ "$key" != KernelPageSize: ] || page_bytes=$((value * 1024))
    [ -z "$page_bytes" ] || break
  done </proc/self/smaps
  : "${page_bytes:=4096}"
}

# Sets now in microseconds; bash 4 counts only seconds.
read_clock() {
  now=${EPOCHREALTIME/[.,]/}
  now=${now:-$((SECONDS * 1000000))}
}

find_all_members() {
  files=(/proc/[0-9]*/stat)
  find_members
}

# Sets files: those of the descendants of the supervisor and of the members seen before.
descend() {
  local -A is=()
  local children file pid pids=("$$" "${!known[@]}") at=0
  files=()
  while ((at < ${#pids[@]})); do
    pid=${pids[at]}
    at=$((at + 1))
    [ -z "${is[$pid]-}" ] || continue
    is[$pid]=1
    files+=("/proc/$pid/stat")
    for file in "/proc/$pid/task/"*/children; do
      children=()
      read -r -a children <"$file"
      pids+=("${children[@]}")
    done
  done 2>/dev/null
}

# Members are those of files in the session of the job, those seen before, and all descendants of these, except the
# supervisor's own. Sets members, mem and usec.
find_members() {
  read_times
  mem=0 usec=$own_usec members=()
  local -A in=() parent=() bytes=() times=() start=()
  local added file line pid
  for file in "${files[@]}"; do
    IFS= read -r line <"$file" || continue
    pid=${line%% *}
    set -- ${line##*) }
    [ "$3" != "$own_group" ] || continue
    parent[$pid]=$2 start[$pid]=${20}
    bytes[$pid]=$((${22} * page_bytes)) times[$pid]=$(((${12} + ${13} + ${14} + ${15}) * tick_usec))
    if [ "$4" = "$own_session" ] || [ "${known[$pid]-}" = "${20}" ]; then in[$pid]=1; fi
  done 2>/dev/null
  added=1
  while [ -n "$added" ]; do
    added=
    for pid in "${!parent[@]}"; do
      [ -z "${in[$pid]-}" ] && [ -n "${in[${parent[$pid]}]-}" ] && in[$pid]=1 added=1
    done
  done
  known=()
  for pid in "${!in[@]}"; do
    known[$pid]=${start[$pid]} members+=("$pid")
    mem=$((mem + bytes[$pid])) usec=$((usec + times[$pid]))
  done
}

# The pattern makes the shell read the directory: a network file system may remember for a minute that a file is missing.
send_signals() {
  local file lines signal
  for file in "$dir.signals"*; do
    [ -e "$file" ] || continue
    mapfile -t -s "$seen" lines <"$file"
    seen=$((seen + ${#lines[@]}))
    [ ${#lines[@]} = 0 ] || find_all_members
    for signal in "${lines[@]}"; do
      send_signal "$signal"
      # A process may have forked before its signal came.
      [ "$signal" != KILL ] || for _ in 1 2 3; do
        find_all_members
        send_signal KILL
      done
    done
  done
}

send_signal() {
  [ ${#members[@]} = 0 ] || kill -s "$1" "${members[@]}"
}
