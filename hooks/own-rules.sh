# Sourced by the hook with rule files in `own`, separated by colons: returns 0 when one names a program of `command`.
# Each text of a file between quotes may be such a name. A regular expression between slashes may fit any program.

named() {
  [ -r "$1" ] || return 1
  while IFS= read -r line || [ -n "$line" ]; do
    IFS='"'
    for text in $line; do
      case $text in
        /*/) return 0 ;;
        '' | *[!A-Za-z0-9_.+-]* | name | programs | args | except | mode | rules) ;;
        *) case $command in *"$text"*) return 0 ;; esac ;;
      esac
    done
  done <"$1"
  return 1
}

set -f
found=1
IFS=:
for file in $own; do
  ! named "$file" || found=0
done
set +f
unset IFS
return $found
