# What every shell script here begins with; sourced with the script's arguments.
# The comment at the head of a script is its help: `--help` prints it. Afterwards the
# working directory is the repository's root, and OLDPWD the caller's.
# shellcheck shell=bash
script=$(realpath "$0")

usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$script"; }

case ${1:-} in
-h | --help)
  usage
  exit
  ;;
esac
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
export PATH="$PATH:$HOME/.cargo/bin"

# Starts the embedded service over an empty data directory in a folder, with an engine that needs
# no model, and waits until it is ready: `url` is its address.
#   start_service PROGRAM FOLDER
service=''
url=''
start_service() {
  : >"$2/log" # sed reads it, maybe before the service's shell has made it
  DATA_DIR=$2/data PORT=0 RUST_LOG=info TRANSCRIBER=pocketsphinx "$1" serve >"$2/log" 2>&1 &
  service=$!
  url=''
  for ((tries = 0; tries < 600; tries++)); do
    url=$(sed -n 's|.*ready at \(http://[^ ]*\).*|\1|p' "$2/log")
    [ -z "$url" ] || return 0
    sleep 0.1
  done
  cat "$2/log" >&2
  return 1
}
stop_service() {
  [ -z "$service" ] || kill "$service" 2>/dev/null || true
  wait 2>/dev/null || true
}
