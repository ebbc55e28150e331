# Runs command lines with an emulated babysit and with recorders instead of all other programs. bash, sourced.
# STATE: the status of all tasks. RECORD: the file of the recorded lines.
CALLS_MAX=150
calls=0

command_not_found_handle() {
  ((++calls <= CALLS_MAX)) || exit 99
  case $1 in
    babysit | */babysit) shift; emulate "$@" ;;
    bash | sh | zsh | */bash) shift; shell "$@" ;;
    sudo | doas) shift; while [[ $1 == -* ]]; do [[ $1 == -[ugh] ]] && shift; shift; done; while [[ $1 == *=* ]]; do shift; done; "$@" ;;
    env) shift; while [[ $1 == *=* || $1 == -* ]]; do shift; done; "$@" ;;
    nohup | setsid | nice | chronic | unbuffer) shift; while [[ $1 == -* ]]; do [[ $1 == -n ]] && shift; shift; done; "$@" ;;
    timeout | gtimeout) shift; while [[ $1 == -* ]]; do shift; done; shift; "$@" ;;
    npx | bunx | yarn) shift; while [[ $1 == -* ]]; do shift; done; [[ $1 == babysit ]] && { "$@"; return; }; echo "npx $*" >>"$RECORD" ;;
    pnpm | npm) [[ $2 == exec || $2 == x ]] && { shift 2; [[ $1 == -- ]] && shift; "$@"; return; }; echo "$*" >>"$RECORD" ;;
    ssh) shift; while [[ $1 == -* ]]; do [[ $1 == -o ]] && shift; shift; done; shift; eval "$*" ;;
    docker) [[ " $* " == *' exec '* ]] && { while [[ $1 != babysit && $1 != bash && $1 != sh ]]; do shift; done; "$@"; return; }; echo "$*" >>"$RECORD" ;;
    xargs | parallel) ;;
    watch) exit 99 ;;
    seq) builtin printf '%s\n' {1..9} ;;
    date) [[ $2 == +%s ]] && builtin echo "$EPOCHSECONDS" ;;
    cat | tee) [[ $1 == tee ]] && shift && [[ -n $1 ]] && { while IFS= read -r line; do builtin echo "$line"; done >"${@: -1}"; return; }; while IFS= read -r line; do builtin echo "$line"; done ;;
    grep) local word; for word in "$@"; do :; done; [[ $* == *running* && $STATE != running ]] && return 1; [[ $* == *completed* && $STATE != completed && $* != *failed* ]] && return 1; [[ $* == *pending* ]] && return 1; return 0 ;;
    jq) builtin echo "$STATE" ;;
    pgrep | ps | kill) return 1 ;;
    sleep | ping | python* | perl | ruby | node | tail | head | wc | stat | sed | awk | ls | chmod | sqlite3 | busybox | column | rg | inotifywait | free) ;;
    *) builtin echo "$*" >>"$RECORD" ;;
  esac
}

emulate() {
  local verb= word
  # The words, with tabs between them.
  local IFS=$'\t'
  builtin echo "$*" >>"$RECORD.calls"
  IFS=$' \t\n'
  for word in "$@"; do [[ $word == -* ]] || { verb=$word; break; }; done
  case $verb in
    wait)
      local names=
      while (($# > 0)); do
        case $1 in
          --log | --port | --timeout | --event) shift ;;
          -* | wait) ;;
          *) names+=" $1" ;;
        esac
        shift
      done
      builtin echo "wait$names" >>"$RECORD"
      [[ $STATE == completed ]] ;;
    status) builtin echo "{\"status\":\"$STATE\",\"pid\":1,\"log_path\":\"/x\"}" ;;
    run | exec | kill | retry | adjust | pause)
      local line=" $* "
      line=${line// --queue / }
      builtin echo "babysit${line// --wait / }" >>"$RECORD"
      [[ $verb != run || $* == *--queue* || $STATE != failed ]] ;;
    *) builtin echo "$STATE ready Listening" ;;
  esac
}

# A nested shell is a subshell here, so that it needs no start.
shell() {
  while [[ $1 == -* && $1 != -*c* && $1 != -s ]]; do [[ $1 == -*o ]] && shift; shift; done
  if [[ $1 == -*c* ]]; then [[ $1 == -*o ]] && shift; shift; while [[ $1 == pipefail ]]; do shift; done; (eval "$1"); elif [[ -n $1 && $1 != -s ]]; then (. "$1"); else (eval "$(while IFS= read -r line; do builtin echo "$line"; done)"); fi
}
sleep() { ((++calls <= CALLS_MAX)) || exit 99; }
read() { [[ $1 == -t* || $1 == -rt* ]] && return 1; builtin read "$@"; }
PATH=/nonexistent
