#!/usr/bin/env bash
# An agent's session along skill/SKILL.md: soft-deny, wait_for_capacity, run, a wait in the background, runaway_risk,
# adjust, kill, retry. Nothing in it polls: it blocks in `wait` or in `read`. Prints one line a step; exits 1 where it is astray.
set -euo pipefail

step() { printf '%s\n' "$*"; }
astray() { printf 'astray: %s\n' "$*" >&2; exit 1; }
# field NAME <JSON: the value of one field of one line.
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p" | head -n 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The smoke test: does it work, and what does it need?
babysit run --wait --name=smoke --estimated_time=10m --estimated_mem_bytes=64M --estimated_cpu_cores=0.1 \
  --command='echo "[1/1] loss=0.4"' >"$scratch/smoke" 2>/dev/null
[ "$(field status <"$scratch/smoke")" = completed ] || astray "$(cat "$scratch/smoke")"
step smoke completed

# Somebody else holds most of the memory.
available=$(babysit status | field mem_available_bytes)
most=$((available * 7 / 10))
babysit run --owner=somebody --name=other --estimated_time=10m --estimated_mem_bytes=$most --mem_pct_limit=90 --estimated_cpu_cores=0.1 \
  --command='echo working; exec sleep 600' >/dev/null

# There is no room: exit code 2, and words that say what to do.
denied=0
babysit run --name=train --estimated_time=1m --estimated_mem_bytes=$most --mem_pct_limit=90 --estimated_cpu_cores=0.1 --command=true 2>"$scratch/denied" || denied=$?
[ $denied -eq 2 ] || astray "exit code $denied: $(cat "$scratch/denied")"
[ "$(field error <"$scratch/denied")" = capacity_exceeded ] || astray "$(cat "$scratch/denied")"
step denied by "$(sed 's/.*"blocked_by":\["\([^"]*\).*/\1/' "$scratch/denied")"

# Wait for it in the background, and hear of it.
mkfifo "$scratch/ticket"
babysit wait_for_capacity --mem_bytes=$most --cpu_cores=0.1 --estimated_time=1m >"$scratch/lease" 2>"$scratch/ticket" &
waiting=$!
exec 3<"$scratch/ticket"
read -r line <&3
[ "$(field event <<<"$line")" = waiting_for_capacity ] || astray "$line"
step waiting for "$(field dim <<<"$line")"
# The task of another agent is for its user to kill.
env -u CLAUDE_CODE_SESSION_ID babysit kill other >/dev/null
wait $waiting
exec 3<&-
[ "$(field event <"$scratch/lease")" = capacity_available ] || astray "$(cat "$scratch/lease")"
step leased

# The task takes the room that is held; its time was guessed too low.
babysit run --name=train --estimated_time=2s --kill_timeout=5m --estimated_mem_bytes=$most --mem_pct_limit=90 --estimated_cpu_cores=0.1 \
  --command='if mkdir "$BABYSIT_CHECKPOINT_DIR/first"; then echo slow; exec sleep 600; else echo fast; fi' >/dev/null
mkfifo "$scratch/events"
babysit wait train >"$scratch/result" 2>"$scratch/events" &
waiting=$!
exec 3<"$scratch/events"
until [ "${event:-}" = runaway_risk ]; do
  read -r line <&3 || astray 'the events ended'
  event=$(field event <<<"$line")
done
step risk "$(field dim <<<"$line")"

# It still makes sense; then it does not.
babysit adjust train --estimated_time=10m >/dev/null
until [ "$event" = adjusted ]; do
  read -r line <&3 || astray 'the events ended'
  event=$(field event <<<"$line")
done
step adjusted
babysit kill train >/dev/null
result=0
wait $waiting || result=$?
exec 3<&-
[ $result -eq 1 ] || astray "exit code $result of a killed task"
step killed "$(field kill_reason <"$scratch/result")"

# Another attempt of the same request.
babysit retry train >/dev/null
babysit wait train >"$scratch/result" 2>/dev/null
[ "$(field attempt <"$scratch/result")" = 2 ] || astray "$(cat "$scratch/result")"
step "$(field status <"$scratch/result")" after "$(field attempt <"$scratch/result")" attempts
babysit log train --tail 1
