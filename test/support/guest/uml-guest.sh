#!/bin/bash
# uml-guest.sh [-m MEM] [-t SECONDS] [-e NAME=VALUE]... [--] CMD [ARG...]
# Runs CMD as root in a throw-away Linux guest (user-mode-linux) that has nothing but a bare cgroup v2 mount.
# The guest's / is the host's under an overlay in memory: same paths, nothing it writes stays. Output streams to stdout;
# the exit status is CMD's (124: time limit, 125: did not boot). Needs linux.uml (Debian: user-mode-linux) and kmod.
set -euo pipefail

mem=1G
seconds=120
environment=()
while getopts m:t:e: option; do
  case $option in
    m) mem=$OPTARG ;;
    t) seconds=$OPTARG ;;
    e) environment+=("$OPTARG") ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { sed -n 2,5p "$0" >&2; exit 2; }

run=$(mktemp -d "${TMPDIR:-/tmp}/uml-guest.XXXXXX")
guest=
finish() {
  trap - EXIT
  trap '' TERM INT HUP
  [ -z "$guest" ] || kill -KILL "$guest" 2>/dev/null || true
  rm -rf "$run"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT HUP

mkdir "$run/shared"
: > "$run/shared/status"

# What the guest runs once it is up: CMD in the caller's directory, with the guest's own plain environment.
{
  printf 'cd %q\n' "$PWD"
  printf 'export HOME=/root LANG=C.UTF-8\n'
  for assignment in ${environment[@]+"${environment[@]}"}; do printf 'export %q\n' "$assignment"; done
  printf 'exec'
  printf ' %q' "$@"
  printf '\n'
} > "$run/shared/command"

cat > "$run/shared/job" <<'EOF_JOB'
stty -F /dev/ttyS0 raw
# A pipe, so that CMD does not take the console for a terminal.
bash /guest/command > >(exec cat > /dev/ttyS0) 2>&1 < /dev/null
status=$?
# A process CMD left behind may hold the pipe open: do not wait for it for ever.
for _ in {1..200}; do kill -0 $! 2>/dev/null || break; sleep 0.05; done
stty -F /dev/ttyS0 -a > /dev/null # returns when the console has drained
echo $status > /guest/status
sync
EOF_JOB

cat > "$run/shared/init" <<EOF_INIT
#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
insmod /usr/lib/uml/modules/\$(uname -r)/kernel/fs/overlayfs/overlay.ko
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root /mnt/lower
mount -t hostfs -o ro,/ none /mnt/lower
mount -t overlay overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
umount /proc
cd /mnt/root
mkdir guest
mount -t devtmpfs dev dev
ln -s /proc/self/fd dev/fd
mkdir dev/shm && mount -t tmpfs tmpfs dev/shm
mount -t proc proc proc
mount -t sysfs sys sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t hostfs -o '$run/shared' none guest
mount -t cgroup2 cgroup2 sys/fs/cgroup
chroot . bash /guest/job
echo o > proc/sysrq-trigger
sleep 9
EOF_INIT
chmod 755 "$run/shared/init"

# linux.uml forks helpers into other process groups: a pid namespace holds them all. Each link of the chain dies with
# the one before it, so that not even SIGKILL to this script leaves a guest. The console is kept for the post-mortem.
orphan_dies=(setpriv --pdeathsig KILL)
"${orphan_dies[@]}" timeout -s KILL "$seconds" "${orphan_dies[@]}" unshare --pid --fork --kill-child=KILL \
  linux.uml "uml_dir=$run/" umid=u "mem=$mem" \
  root=/dev/root rootfstype=hostfs rootflags=/ ro "init=$run/shared/init" \
  con=null con0=null,fd:1 ssl=null ssl0=null,fd:3 lsm= quiet 3>&1 > "$run/console" 2>&1 < /dev/null &
guest=$!
code=0
{ wait "$guest"; } 2> /dev/null || code=$?
guest=

status=$(cat "$run/shared/status")
[ -z "$status" ] || exit "$status"
tail -30 "$run/console" >&2
echo "uml-guest.sh: the guest left no exit status (linux.uml ended with $code)" >&2
[ "$code" != 137 ] || exit 124 # timeout -s KILL
exit 125
