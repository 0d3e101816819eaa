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
