#!/bin/sh
# check_libraries.sh INCLUDE DIRECTORY: what is promised of every plugin library in DIRECTORY and of the C headers in
# INCLUDE. A library exports one symbol, holds nothing of the core and needs nothing of it; a header has 200 lines at most.
set -eu
include=$1 directory=$2
status=0
wrong() { echo "$*" >&2; status=1; }

count=0
for library in "$directory"/*.so; do
  [ -e "$library" ] || continue
  count=$((count + 1))
  exported=$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }')
  [ "$exported" = sonde_plugin_v0 ] || wrong "$library exports: $exported"
  # The whole symbol table: what is linked in statically is hidden, but there.
  ! nm -C "$library" | grep 'sonde::core::' >&2 || wrong "$library holds parts of the core"
  ! nm -D --undefined-only "$library" | grep -i 'sonde' >&2 || wrong "$library needs symbols of sonde"
  ! readelf -d "$library" | grep 'NEEDED.*sonde' >&2 || wrong "$library needs a library of sonde"
  unresolved=$(ldd -r "$library" 2>&1 | grep -E 'undefined symbol|not found' || :)
  [ -z "$unresolved" ] || wrong "$library: $unresolved"
done
[ "$count" -ge 6 ] || wrong "only $count plugins in $directory"

for header in "$include"/sonde/*.h; do
  lines=$(wc -l < "$header")
  [ "$lines" -le 200 ] || wrong "$header has $lines lines"
done
[ "$status" = 0 ] && echo "$count plugins"
exit "$status"
