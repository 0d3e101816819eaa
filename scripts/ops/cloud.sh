# What the scripts about Google Cloud share; sourced with their arguments, of which the
# last are left in `rest`. Reads VARIABLES, a file of Terraform's variables.
# shellcheck shell=bash
# shellcheck disable=SC2034 # used by the scripts that source this
dry='' once='' random='' rest=()
for argument in "$@"; do
  case $argument in
    --dry-run) dry=1 ;;
    --once) once=1 ;;
    --random) random=1 ;;
    -*) echo "$(basename "$0"): no such option: $argument" >&2; exit 2 ;;
    *) rest+=("$argument") ;;
  esac
done
file=${rest[0]:-}
[ -f "$file" ] || {
  echo "$(basename "$0"): name a file of variables, such as terraform/environments/example.tfvars" >&2
  exit 2
}
variables=$(realpath "$file")

variable() { # name, what it is without being set
  local value
  value=$(sed -nE "s/^ *$1 *= *\"([^\"]*)\".*/\1/p" "$variables" | tail -n 1)
  [ -n "$value$2" ] || { echo "$(basename "$0"): $file does not set $1" >&2; exit 2; }
  printf '%s\n' "${value:-$2}"
}
project=$(variable project '')
region=$(variable region europe-west1)
prefix=$(variable prefix interviewlens)
state=$project-$prefix-terraform

step() { printf '\n== %s\n' "$*"; }

run() { # prints a command, and runs it unless this is a dry run
  printf '+'
  printf ' %q' "$@"
  echo
  [ -n "$dry" ] || "$@"
}

quiet() { # whether a command that only looks succeeds; in a dry run it does not
  [ -z "$dry" ] && "$@" >/dev/null 2>&1
}
