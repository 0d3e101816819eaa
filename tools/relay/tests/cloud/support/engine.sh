#!/usr/bin/env bash
# A speech engine that says the same of every recording. In $ENGINE_DIR it writes
# down what it was given, counts how many of it run at once, waits for the gate
# of a recording, and reads what it is to say from `words` where there is such a file.
set -euo pipefail
exec 9>>"$ENGINE_DIR/lock"
change() { # by how much; prints how many run then
  flock 9
  local count
  count=$(($(cat "$ENGINE_DIR/running" 2>/dev/null || echo 0) + $1))
  echo "$count" >"$ENGINE_DIR/running"
  flock -u 9
  echo "$count"
}
digest=$(sha256sum | cut -c1-16)
count=$(change 1)
trap 'change -1 >/dev/null' EXIT
echo "$digest $count" >>"$ENGINE_DIR/calls"
[ ! -p "$ENGINE_DIR/gate" ] || cat "$ENGINE_DIR/gate" >/dev/null
if [ -e "$ENGINE_DIR/words" ]; then
  cat "$ENGINE_DIR/words"
  exit
fi
at=0
for word in what did you "do" last summer well i built a small boat with my sister and we sailed to the island; do
  printf '%s %d.%02d0 %d.%02d0 0.9\n' "$word" $((at / 100)) $((at % 100)) $(((at + 9) / 100)) $(((at + 9) % 100))
  at=$((at + 12))
done
