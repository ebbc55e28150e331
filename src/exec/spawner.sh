#!/usr/bin/env bash
# Starts a supervisor for each request on stdin. Ends at the end of stdin, that is, with the daemon.
#   $1  text of supervisor.sh      $2  directories with programs, as in PATH      $3  the locale of most commands, or empty
# A request is a line with three sizes in bytes and the rules of the log (see supervisor.sh), followed by three texts of
# these sizes: the attempt's directory, a script for the journal (may be empty), and the launch script of the command. No
# part of it is written to disk.
#
# A supervisor is two forks of this small process: forking the daemon costs three times as much, and nothing is executed.
# The spawner is bash because it needs `set -m`: in sh a background job ignores SIGINT, and so do all its children.
unset SHLVL OLDPWD
# Load the locale once: without this, each launch script that sets it makes 40 system calls.
[ -z "$3" ] || LC_ALL=$3
unset LC_ALL
eval "$1"
tools=$2
# `exec` lowers SHLVL by one, but not in a subshell of newer versions of bash: 1 for those.
keeps_level=$( (SHLVL=1 && export SHLVL && exec "$BASH" --norc -c 'echo $((SHLVL - 1))'))
set --
unset supervisor spawner
set -m
# A signal to the supervisor's process group must not end it. The launch script resets the handlers for the command.
trap '' INT TERM HUP QUIT PIPE XFSZ
# -N reads in blocks. bash 3.2, that of macOS, has no -N: it reads byte by byte up to a size or a NUL, which no request has.
read_request() { IFS= read -rN "$1" request; }
[ "${BASH_VERSINFO[0]}" -gt 3 ] || read_request() { IFS= read -r -d '' -n "$1" request; }
while read -r dir_size journal_size launch_size log_max log_keep && launch_at=$((dir_size + journal_size)) &&
  read_request $((launch_at + launch_size)); do
  dir=${request:0:dir_size}
  if [ "$journal_size" != 0 ]; then
    (eval "${request:dir_size:journal_size}" && supervise) </dev/null >/dev/null 2>&1 &
  else
    run_command </dev/null >/dev/null 2>&1 &
  fi
  disown
done
