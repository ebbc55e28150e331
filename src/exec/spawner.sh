#!/usr/bin/env bash
# Starts a supervisor for each line of input, which is an attempt's directory; ends with its input, that is, with the daemon.
#   $1  supervisor.sh      $2  absolute path of cat
# Forking from this small process costs a third of forking from the daemon. It is bash and not sh for `set -m`: a plain
# background job ignores SIGINT, and nothing it starts could ever have it back.
unset SHLVL OLDPWD
set -m
while IFS= read -r dir; do
  /bin/sh "$1" "$dir" "$2" </dev/null >/dev/null 2>&1 &
  disown
done
