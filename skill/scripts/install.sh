#!/bin/sh
# Installs babysit for an agent that has only this skill, and prints the path of the command.
#   install.sh [SOURCE]   SOURCE: a git repository; by default the one that the skill was installed from
set -u

say() { printf 'babysit: %s\n' "$*" >&2; }
die() {
  say "$1"
  printf '  hint: %s\n' "$2" >&2
  exit 69
}

[ -n "${HOME:-}" ] || HOME=$(eval echo "~$(id -un)")
unset CDPATH
skill=$(cd "$(dirname "$0")/.." && pwd -P) || exit 69
link=$HOME/.local/bin/babysit
checkout=${XDG_DATA_HOME:-$HOME/.local/share}/babysit/checkout

# Reads the lock files of the installer `skills`: a project's beside its .claude, and the user's.
find_source() {
  dir=$skill
  while [ "$dir" != / ]; do
    dir=$(dirname "$dir")
    read_lock "$dir/skills-lock.json" && return
  done
  read_lock "${XDG_STATE_HOME:-$HOME/.local/state}/skills/.skill-lock.json" || read_lock "$HOME/.agents/.skill-lock.json"
}

# Prints the repository of the entry "babysit": its URL, or the one of OWNER/NAME on GitHub.
read_lock() {
  [ -r "$1" ] || return 1
  entry=$(sed -n '/"babysit": *{/,/}/p' "$1")
  value() { printf '%s\n' "$entry" | sed -n "s/^ *\"$1\": *\"\\([^\"]*\\)\".*/\\1/p" | head -n 1; }
  url=$(value sourceUrl) name=$(value source)
  if [ -z "$url" ] && [ "$(value sourceType)" = github ] && [ -n "$name" ]; then url=https://github.com/$name.git; fi
  [ -n "$url" ] && printf '%s\n' "$url"
}

# The clone is complete before it gets its name, so an interrupted one is not used.
clone() {
  command -v git >/dev/null || die 'git is not in PATH' 'Install git, then run the command again.'
  say "cloning $1 to $checkout…"
  half=$checkout.$$
  trap 'rm -rf "$half"' EXIT
  mkdir -p "$(dirname "$checkout")"
  git clone --quiet --depth 1 -- "$1" "$half" >&2 || die "cannot clone $1" 'Check the network and the address, then run the command again.'
  [ -x "$half/babysit" ] || die "$1 is not a repository of babysit" 'Give the address of its repository: install.sh SOURCE.'
  mv "$half" "$checkout" 2>/dev/null || [ -x "$checkout/babysit" ] || die "$checkout cannot be written" 'Check the permissions of the directory.'
}

# The launcher sets up what else is missing at its first call.
put_link() {
  mkdir -p "$(dirname "$link")" && ln -sf "$1" "$link" || die "$link cannot be written" 'Check the permissions of the directory.'
}

if found=$(command -v babysit); then
  printf '%s\n' "$found"
  exit
fi
if [ ! -x "$link" ]; then
  if [ -x "$skill/../babysit" ] && [ -f "$skill/../package.json" ]; then
    checkout=$(cd "$skill/.." && pwd -P)
  elif [ ! -x "$checkout/babysit" ]; then
    source=${1:-$(find_source)}
    [ -n "$source" ] || die 'the source of babysit is unknown' "Give the address of its repository: sh $0 SOURCE"
    clone "$source"
  fi
  put_link "$checkout/babysit"
fi
say "$(dirname "$link") is not in PATH. Add it: PATH=\"\$HOME/.local/bin:\$PATH\""
printf '%s\n' "$link"
