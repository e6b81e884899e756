# A machine of its own for a test: this Debian, written to in memory alone, with a systemd that starts nothing by itself.
# Runs in mount, PID and IPC name spaces of its own. $1: an empty folder
set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/changes" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/changes,workdir=$1/work" "$1/root"
cd "$1/root"
rm -rf lib/systemd/system/*.target.wants etc/systemd/system/*.wants opt/relaypacs etc/relaypacs var/lib/relaypacs
printf '[Unit]\nDefaultDependencies=no\n' >etc/systemd/system/quiet.target
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
container=test exec chroot . /lib/systemd/systemd --system --unit=quiet.target --log-target=null
