#!/usr/bin/env bash
# Starts a supervisor for each request on its input; ends with its input, that is, with the daemon.
#   $1  supervisor.sh      $2  absolute path of cat      $3  a locale that most commands are given, or empty
# A request is a line of three numbers, and then as many bytes each: the attempt's directory, what it needs to know for a
# journal (evaluated; perhaps nothing), and the script that turns a process into its command. None of it touches the disk.
# A supervisor is two forks of this small process: a fork costs a third of what it costs the daemon, and what is not
# executed need not be loaded. It is bash and not sh for `set -m`: a plain background job ignores SIGINT, and nothing it
# starts could ever have it back.
unset SHLVL OLDPWD
# Each launch sets the command's locale, on the way to the command. Once loaded here, it costs a fork nothing; 40 system calls otherwise.
[ -z "$3" ] || LC_ALL=$3
unset LC_ALL
. "$1"
cat=$2
set -m
# Signals to a supervisor's process group must not cost its records. The launch script gives the command the defaults back.
trap '' INT TERM HUP QUIT PIPE
# -N: as many bytes as the system has, where a line is read byte by byte.
while read -r dir_size journal_size launch_size && launch_at=$((dir_size + journal_size)) &&
  IFS= read -rN $((launch_at + launch_size)) request; do
  dir=${request:0:dir_size}
  if [ "$journal_size" != 0 ]; then
    (eval "${request:dir_size:journal_size}" && supervise) &
  else
    run_command </dev/null 2>/dev/null | write_log >/dev/null 2>&1 &
  fi
  disown
done
