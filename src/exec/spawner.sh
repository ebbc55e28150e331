#!/usr/bin/env bash
# Starts a supervisor for each line of input, which is an attempt's directory; ends with its input, that is, with the daemon.
#   $1  supervisor.sh      $2  absolute path of cat      $3  a locale that most commands are given, or empty
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
# Signals to a supervisor's process group must not cost its records. launch.sh gives the command the defaults back.
trap '' INT TERM HUP QUIT PIPE
while IFS= read -r dir; do
  if [ -e "$dir/journal.sh" ]; then
    (. "$dir/journal.sh" && supervise) &
  else
    run_command </dev/null 2>/dev/null | write_log >/dev/null 2>&1 &
  fi
  disown
done
