#!/bin/sh
# Installs, upgrades and removes RelayPACS on a machine with systemd, from a release folder (a download, a USB stick).
# Needs no network. What it does and what it leaves alone: docs/operations.md, "Installing".
set -eu

usage() {
  cat <<'EOF'
install.sh [--from DIR] [--version V] [--key FILE] [--yes] [--no-start] [--dry-run]
install.sh --uninstall [--purge] [--yes] [--dry-run]

  --from DIR     the release folder (default: where this script lies)
  --version V    this version of it (default: the newest)
  --key FILE     the public key that releases are signed with (default: the one of this release, later the one that was used first)
  --yes          ask nothing
  --no-start     put everything in place, start nothing
  --dry-run      say what would be done, change nothing
  --uninstall    remove the program; studies, accounts and configuration stay
  --purge        with --uninstall: remove those as well; refused while studies are undelivered
EOF
}

# The release writes its public key in here, between the quotes; without one --key is needed.
release_key=''

program=relaypacs
home=/opt/relaypacs
etc=/etc/relaypacs
state=/var/lib/relaypacs
unit=/etc/systemd/system/relaypacs.service
# An upgrade is ready by then, or goes back; what ran before may need longer over a large spool.
ready_seconds=60
patient_seconds=300

from='' wanted='' key='' yes='' start=1 dry='' uninstall='' purge=''
say() { printf '%s\n' "$*"; }
fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}
wrong() {
  printf 'install.sh: %s\n' "$*" >&2
  usage >&2
  exit 2
}
# Every change goes through here, so that --dry-run tells the same story.
run() {
  if [ -n "$dry" ]; then say "would run: $*"; else "$@"; fi
}
ask() {
  [ -n "$yes" ] || [ -n "$dry" ] || {
    printf '%s [y/N] ' "$1"
    read -r answer || answer=''
    case $answer in y | Y | yes) ;; *) fail "nothing was changed." ;; esac
  }
}

while [ $# -gt 0 ]; do
  case $1 in
    --from | --version | --key) [ $# -ge 2 ] || wrong "$1 needs a value." ;;
  esac
  case $1 in
    --from) from=$2 && shift ;;
    --version) wanted=$2 && shift ;;
    --key) key=$2 && shift ;;
    --yes) yes=1 ;;
    --no-start) start='' ;;
    --dry-run) dry=1 ;;
    --uninstall) uninstall=1 ;;
    --purge) purge=1 ;;
    --help | -h) usage && exit 0 ;;
    *) wrong "unknown option $1" ;;
  esac
  shift
done
[ -z "$purge" ] || [ -n "$uninstall" ] || wrong "--purge goes with --uninstall."

needs() {
  for tool in "$@"; do command -v "$tool" >/dev/null 2>&1 || fail "$tool is needed and not there. Install it and try again."; done
}
[ "$(uname -s)" = Linux ] || fail "RelayPACS runs on Linux."
[ -n "$dry" ] || [ "$(id -u)" = 0 ] || fail "run it as root: sudo sh install.sh"
needs systemctl tar sha256sum openssl runuser
[ ! -e /usr/lib/relaypacs/relaypacs ] || fail "RelayPACS is here as a Debian package: apt upgrades and removes it."

# The installed program as the service runs it: its user, and what drop-ins and environment files say.
relaypacs() { "$home/current/as-service" "$@"; }
# The program says it, for the environment may; the file does where the program is gone.
data_dir() {
  found=''
  if [ -z "$dry" ] && [ -x "$home/current/relaypacs" ]; then
    found=$(relaypacs status --json 2>/dev/null | sed -n 's/^ *"data_dir": "\(.*\)",*$/\1/p') || found=''
  fi
  [ -n "$found" ] || found=$(sed -n 's/^data_dir *= *"\(.*\)".*/\1/p' "$etc/relaypacs.toml" 2>/dev/null | head -n 1)
  say "${found:-$state}"
}
installed_version() {
  link=$(readlink "$home/current" 2>/dev/null) || return 0
  say "${link##*/}"
}

# --- removing ---------------------------------------------------------------------------------------------------------

remove() {
  [ -n "$purge" ] || [ -e "$home" ] || { say "RelayPACS is not installed: nothing to do." && return; }
  data=$(data_dir)
  if [ -n "$purge" ]; then
    if [ -e "$data/relaypacs.db" ]; then
      [ -x "$home/current/relaypacs" ] || fail "the program is gone, so nobody can tell whether studies are undelivered. Install it again first."
      relaypacs status --idle || fail "studies above are not delivered. Deliver or discard them first; nothing was removed."
    fi
    ask "Remove RelayPACS with all studies, accounts, keys and its configuration?"
  else
    ask "Remove RelayPACS? $data and $etc stay."
  fi
  run systemctl disable --now relaypacs.service || true
  run rm -rf "$unit" "$home" /usr/local/bin/relaypacs /usr/local/share/man/man1/relaypacs.1 \
    /usr/share/bash-completion/completions/relaypacs
  run systemctl daemon-reload
  if [ -n "$purge" ]; then
    if [ "$data" != "$state" ]; then
      # A folder that a site chose may hold more than this: what the program made goes, the folder itself where nothing else is in it.
      for name in relaypacs.db relaypacs.db-wal relaypacs.db-shm relaypacs.lock keys spool bin backups ballast; do
        run rm -rf "${data:?}/$name"
      done
      # What an upgrade left of which neither version came up, and a restore that was cut: patients are in both.
      for kept in "$data"/before-*/relaypacs.db; do run rm -rf "${kept%/*}"; done
      run rm -rf "$data"/relaypacs.db.restoring*
      run rmdir "$data" 2>/dev/null || say "$data stays: there is more in it."
    fi
    run rm -rf "$state" "$etc"
    run userdel "$program" || true
    [ -n "$dry" ] || say "RelayPACS and all that belonged to it are gone."
  else
    [ -n "$dry" ] || say "RelayPACS is removed. $data and $etc are as they were; install.sh brings it back."
  fi
}
if [ -n "$uninstall" ]; then
  remove
  exit 0
fi

# --- which release ----------------------------------------------------------------------------------------------------

[ -n "$from" ] || from=$(dirname "$0")
[ -d "$from" ] || fail "there is no folder $from."
from=$(cd "$from" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

target() {
  libc=''
  if ldd --version 2>&1 | grep -qi musl; then libc=-musl; fi
  case $(uname -m) in
    x86_64)
      if grep -qw avx2 /proc/cpuinfo; then say "linux-x64$libc"
      elif [ -z "$libc" ]; then say linux-x64-baseline
      else fail "this processor has no AVX2, and there is no release for it with musl."; fi
      ;;
    aarch64) say "linux-arm64$libc" ;;
    *) fail "there is no release for $(uname -m); x86_64 and aarch64 are built." ;;
  esac
}
target=$(target)

newest() {
  for file in "$from"/relaypacs-*-"$target".tar.gz; do
    [ -e "$file" ] || continue
    name=${file##*/relaypacs-}
    say "${name%-"$target".tar.gz}"
  done | sed 's/-/~/' | sort -V | tail -n 1 | sed 's/~/-/' # 1.0.0-rc.1 comes before 1.0.0
}
version=${wanted:-$(newest)}
archive=relaypacs-$version-$target.tar.gz
[ -f "$from/$archive" ] || fail "$from holds no relaypacs-${wanted:-VERSION}-$target.tar.gz."
case $version in *[!0-9A-Za-z.+-]* | [!0-9]*) fail "$version is no version." ;; esac

# --- whose release ----------------------------------------------------------------------------------------------------

# The key of the first installation stays the one that is asked; another one has to be named.
if [ -n "$key" ]; then
  [ -f "$key" ] || fail "there is no key $key."
  cp "$key" "$work/key.pem"
elif [ -f "$home/release-key.pem" ]; then
  cp "$home/release-key.pem" "$work/key.pem"
elif [ -n "$release_key" ]; then
  printf '%s\n' "$release_key" >"$work/key.pem"
else
  fail "this install.sh belongs to no release, so it knows no key. Use the one of the release folder, or name the key with --key."
fi
for file in SHA256SUMS SHA256SUMS.sig; do [ -f "$from/$file" ] || fail "$from/$file is missing: nothing tells whether this release is whole."; done
openssl dgst -sha256 -verify "$work/key.pem" -signature "$from/SHA256SUMS.sig" "$from/SHA256SUMS" >/dev/null 2>&1 ||
  fail "the signature of SHA256SUMS is not of this key: the release was changed, or another key signed it (--key)."
awk -v name="$archive" '$2 == name || $2 == "*" name' "$from/SHA256SUMS" >"$work/sums"
[ -s "$work/sums" ] || fail "SHA256SUMS does not name $archive."
(cd "$from" && sha256sum --status -c "$work/sums") || fail "$archive is not what was signed: copy the release again."
fingerprint=$(openssl pkey -pubin -in "$work/key.pem" -outform DER 2>/dev/null | sha256sum | cut -c 1-64)
say "$archive is as it was signed (key $fingerprint)."

# --- putting it in place ----------------------------------------------------------------------------------------------

before=$(installed_version)
if [ "$before" = "$version" ]; then
  say "RelayPACS $version is installed already: nothing to do."
  exit 0
fi
release=$home/releases/$version
if [ -n "$before" ]; then ask "Upgrade RelayPACS $before to $version?"; else ask "Install RelayPACS $version?"; fi

id "$program" >/dev/null 2>&1 || run useradd --system --user-group --home-dir "$state" --shell /usr/sbin/nologin "$program"
run install -d -m 0755 "$home" "$home/releases"
run rm -rf "$release" "$release.part"
run install -d -m 0755 "$release.part"
run tar -xzf "$from/$archive" -C "$release.part" --no-same-owner
run mv "$release.part" "$release"
run install -m 0644 "$work/key.pem" "$home/release-key.pem"
run install -d -m 0750 -o "$program" -g "$program" "$etc" "$state"
[ -e "$etc/relaypacs.toml" ] || run install -m 0640 -o root -g "$program" "$release/relaypacs.toml" "$etc/relaypacs.toml"

take_unit() {
  run install -m 0644 "$home/releases/$1/relaypacs.service" "$unit"
  run systemctl daemon-reload
}
take_program() {
  run ln -sfn "$home/releases/$1" "$home/current.new"
  run mv -T "$home/current.new" "$home/current"
}
switch_to() {
  take_program "$1"
  take_unit "$1"
}
# systemctl comes back when the server says that it listens; then it is asked whether it takes work. $1: seconds for both
started() {
  late=$(($(date +%s) + $1))
  run timeout "$1" systemctl start relaypacs.service || return 1
  left=$((late - $(date +%s)))
  [ $left -gt 0 ] || left=0
  [ -n "$dry" ] || relaypacs ready --wait "$left"
}
finish() {
  run ln -sfn "$home/current/relaypacs" /usr/local/bin/relaypacs
  run install -D -m 0644 "$release/relaypacs.1" /usr/local/share/man/man1/relaypacs.1
  run install -D -m 0644 "$release/completions/relaypacs.bash" /usr/share/bash-completion/completions/relaypacs
}

if [ -z "$before" ]; then
  switch_to "$version"
  finish
  run systemctl enable --quiet relaypacs.service
  [ -n "$start" ] || { say "RelayPACS $version is in place. Start it: systemctl start relaypacs" && exit 0; }
  if [ -z "$dry" ]; then relaypacs doctor || say "Mend what doctor names above; the box is started all the same."; fi
  started $patient_seconds || fail "RelayPACS does not come up. journalctl -u relaypacs says why."
  say "RelayPACS $version runs. Its address and a code for the first account:"
  [ -n "$dry" ] || relaypacs setup-code || true
  exit 0
fi

# --- upgrading: copy, switch, look, and back where it does not come up --------------------------------------------------

data=$(data_dir)
run relaypacs backup
running=''
if systemctl is-active --quiet relaypacs.service; then running=1; fi
take_unit "$version" # while the old one runs on: between stop and start nothing is done that can be done before
run systemctl stop relaypacs.service
# The database as it is now, for the way back: a newer version may have changed its tables by then.
kept=$data/before-$version
run rm -rf "$kept"
run install -d -m 0700 -o "$program" -g "$program" "$kept"
for file in "$data"/relaypacs.db "$data"/relaypacs.db-wal; do [ ! -e "$file" ] || run cp -p "$file" "$kept/"; done
take_program "$version"
if [ -z "$running" ] || [ -z "$start" ]; then
  finish
  run rm -rf "$kept"
  say "RelayPACS $version is in place of $before; it was not running and is not started."
  exit 0
fi
if started $ready_seconds; then
  finish
  run rm -rf "$kept"
  for old in "$home"/releases/*; do
    case ${old##*/} in "$version" | "$before") ;; *) run rm -rf "$old" ;; esac
  done
  say "RelayPACS $version runs; $before stays beside it in $home/releases."
  exit 0
fi
say "RelayPACS $version does not come up: back to $before."
run systemctl stop relaypacs.service || true
switch_to "$before"
if ! started $patient_seconds; then
  # Its tables are newer than the old version knows: the ones of before, then.
  run systemctl stop relaypacs.service || true
  run rm -f "$data/relaypacs.db" "$data/relaypacs.db-wal" "$data/relaypacs.db-shm"
  for file in "$kept"/*; do run cp -p "$file" "$data/"; done
  started $patient_seconds || fail "neither $version nor $before comes up. The database of before is in $kept; journalctl -u relaypacs says why."
fi
run rm -rf "$kept"
fail "$version was not installed; $before runs as before. journalctl -u relaypacs says why."
