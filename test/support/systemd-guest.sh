#!/bin/bash
# systemd-guest.sh [-r] [-m MEM] [-t SECONDS] [-e NAME=VALUE]... [--] CMD [ARG...]
# Runs CMD in a throw-away Linux guest (user-mode-linux) where systemd is PID 1 and cgroup v2 is all there is: as the
# lingering user `tester`, who has a systemd user manager, or with -r as root in a system service.
# The guest's / is the host's under an overlay in memory: same paths, nothing it writes stays. Output streams to stdout;
# the exit status is CMD's (124: time limit, 125: did not boot). Needs linux.uml (Debian: user-mode-linux), kmod, systemd,
# libpam-systemd and dbus-user-session on the host.
set -euo pipefail

user=tester
uid=4242
run_as=$user
mem=1G
seconds=120
environment=()
while getopts rm:t:e: option; do
  case $option in
    r) run_as=root ;;
    m) mem=$OPTARG ;;
    t) seconds=$OPTARG ;;
    e) environment+=("$OPTARG") ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { sed -n 2,7p "$0" >&2; exit 2; }

run=$(mktemp -d "${TMPDIR:-/tmp}/systemd-guest.XXXXXX")
chmod 755 "$run"
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

# --- The layer between the host's / and the overlay: configuration that only the guest sees --------------------------
layer=$run/layer
units=$layer/etc/systemd/system
generators=$layer/etc/systemd/system-generators
mkdir -p "$units" "$generators" "$layer"/etc/systemd/{journald,system,user}.conf.d "$layer/home/$user" \
  "$layer/var/lib/systemd/linger" "$layer/guest"

for file in passwd shadow group; do cat "/etc/$file" > "$layer/etc/$file"; done
chmod 640 "$layer/etc/shadow"
echo "$user:x:$uid:$uid::/home/$user:/bin/bash" >> "$layer/etc/passwd"
echo "$user:x:$uid:" >> "$layer/etc/group"
echo "$user:!:19000:0:99999:7:::" >> "$layer/etc/shadow"
chown "$uid:$uid" "$layer/home/$user"
: > "$layer/var/lib/systemd/linger/$user" # what loginctl enable-linger does
: > "$layer/etc/fstab"
echo babysit-guest > "$layer/etc/hostname"
echo 0123456789abcdef0123456789abcdef > "$layer/etc/machine-id"
# Split by user, who may read his own, unlike one in /run.
printf '[Journal]\nStorage=persistent\nSystemMaxUse=64M\n' > "$layer/etc/systemd/journald.conf.d/guest.conf"
# On a slow machine a service, and the manager of the user, start later than after 90 s.
for manager in system user; do
  printf '[Manager]\nDefaultTimeoutStartSec=15min\n' > "$layer/etc/systemd/$manager.conf.d/guest.conf"
done

# Of the host's own services only the journal stays: the rest would act on hardware and mounts the guest does not have.
mask() {
  local unit
  for unit; do ln -sfn /dev/null "$units/${unit##*/}"; done
}
shopt -s nullglob
for generator in /{usr/lib,lib,etc}/systemd/system-generators/*; do
  ln -sfn /dev/null "$generators/${generator##*/}"
done
for unit in /{usr/lib,lib,etc}/systemd/system/{sysinit,local-fs,local-fs-pre,basic}.target.wants/*; do
  case $unit in
    *journald* | *journal-flush* | *.target) ;;
    *) mask "$unit" ;;
  esac
done
mask timers.target sockets.target paths.target modprobe@.service systemd-udevd.service \
  systemd-remount-fs.service systemd-user-sessions.service

cat > "$units/guest.target" <<'EOF_TARGET'
[Unit]
Requires=basic.target
After=basic.target
Wants=systemd-journald.socket systemd-journald-dev-log.socket dbus.socket systemd-logind.service guest-job.service
EOF_TARGET

cat > "$units/guest-job.service" <<EOF_SERVICE
[Unit]
DefaultDependencies=no
Wants=user@$uid.service
Requires=dbus.socket systemd-logind.service
After=dbus.socket systemd-logind.service user@$uid.service

[Service]
Type=oneshot
TimeoutStartSec=infinity
StandardInput=null
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
ExecStart=-/bin/bash /guest/job
ExecStopPost=-/bin/systemctl poweroff -ff
EOF_SERVICE

# --- What the guest shares with the host, at /guest: the command in, the exit status out ------------------------------
mkdir "$run/shared"
: > "$run/shared/status"
chmod 666 "$run/shared/status"

{
  printf 'cd %q\n' "$PWD"
  printf 'export LANG=C.UTF-8\n'
  for assignment in ${environment[@]+"${environment[@]}"}; do printf 'export %q\n' "$assignment"; done
  printf 'exec 8>&1\n'
  # A pipe of the user's own, so that CMD neither takes the console for a terminal nor needs the right to open it.
  printf '%q ' "$@"
  printf '> >(exec cat >&8) 2>&1 < /dev/null\n'
  printf 'status=$?\n'
  # A process CMD left behind may hold the pipe open: do not wait for it for ever.
  printf 'for _ in {1..200}; do kill -0 $! 2>/dev/null || break; sleep 0.05; done\n'
  printf 'echo $status > /guest/status\n'
} > "$run/shared/command"

{
  printf 'stty -F /dev/ttyS0 raw\n'
  if [ "$run_as" = root ]; then
    printf 'HOME=/root bash /guest/command > /dev/ttyS0 2>&1\n'
  else
    printf "su -l %s -c 'bash /guest/command' > /dev/ttyS0 2>&1\n" "$user"
  fi
  printf 'stty -F /dev/ttyS0 -a > /dev/null\n' # returns when the console has drained
  printf 'sync\n'
} > "$run/shared/job"

cat > "$run/shared/init" <<EOF_INIT
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
insmod /usr/lib/uml/modules/\$(uname -r)/kernel/fs/overlayfs/overlay.ko
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root /mnt/lower /mnt/layer
mount -t hostfs -o ro,/ none /mnt/lower
mount -t hostfs -o 'ro,$layer' none /mnt/layer
mount -t overlay overlay -o lowerdir=/mnt/layer:/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
umount /proc
cd /mnt/root
rm -f .dockerenv # systemd would think "container" and ignore the kernel command line
mount -t devtmpfs dev dev
mount -t proc proc proc
mount -t sysfs sys sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t hostfs -o '$run/shared' none guest
mount --make-rprivate /
pivot_root . mnt
umount -l mnt
exec /lib/systemd/systemd < /dev/console > /dev/console 2>&1
EOF_INIT
chmod 755 "$run/shared" "$run/shared/init"

# --- Run it ---------------------------------------------------------------------------------------------------------------
# linux.uml forks helpers into other process groups: a pid namespace holds them all. Each link of the chain dies with
# the one before it, so that not even SIGKILL to this script leaves a guest. The console is kept for the post-mortem.
orphan_dies=(setpriv --pdeathsig KILL)
"${orphan_dies[@]}" timeout -s KILL "$seconds" "${orphan_dies[@]}" unshare --pid --fork --kill-child=KILL \
  linux.uml "uml_dir=$run/" umid=u "mem=$mem" \
  root=/dev/root rootfstype=hostfs rootflags=/ ro "init=$run/shared/init" \
  con=null con0=null,fd:1 ssl=null ssl0=null,fd:3 lsm= \
  systemd.unit=guest.target systemd.show_status=no systemd.log_color=no 3>&1 > "$run/console" 2>&1 < /dev/null &
guest=$!
code=0
{ wait "$guest"; } 2> /dev/null || code=$?
guest=

status=$(cat "$run/shared/status")
[ -z "$status" ] || exit "$status"
tail -30 "$run/console" >&2
echo "systemd-guest.sh: the guest left no exit status (linux.uml ended with $code)" >&2
[ "$code" != 137 ] || exit 124 # timeout -s KILL
exit 125
