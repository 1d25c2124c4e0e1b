#!/bin/sh
# run.sh CMAKE BUILD SOURCE CC CXX: installs BUILD into a prefix of its own, builds copies of the outside projects against
# that prefix alone, checks what they export, and scans 127.0.0.1 with them through the installed command.
set -eu
cmake=$1 build=$2 source=$3
export CC="$4" CXX="$5"

work=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || :
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
fail() { echo "outside: $*" >&2; exit 1; }
step() { echo "outside: $*"; }

step "install"
prefix=$work/prefix
"$cmake" --install "$build" --prefix "$prefix" >"$work/install.log" 2>&1 || { cat "$work/install.log" >&2; fail "cmake --install failed"; }
sonde=$prefix/bin/sonde
[ -x "$sonde" ] || fail "the installation has no bin/sonde"

step "build the projects"
plugins=$work/plugins
mkdir "$plugins"
cp -r "$source/tests/outside/hello-probe" "$work"
(cd "$work" && "$sonde" plugin new probe greeting >"$work/log") || fail "plugin new ended with $?"
for name in hello-probe greeting; do
  "$cmake" -S "$work/$name" -B "$work/$name/build" -DCMAKE_PREFIX_PATH="$prefix" -DBUILD_TESTING=OFF \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Wconversion -Wshadow -Werror" >"$work/log" 2>&1 &&
    "$cmake" --build "$work/$name/build" >>"$work/log" 2>&1 || { cat "$work/log" >&2; fail "$name does not build"; }
  cp "$work/$name"/build/*.so "$plugins"
done
cp -r "$source/tests/outside/hello-c" "$work"
pc=$(find "$prefix" -name sonde.pc)
PKG_CONFIG_PATH=$(dirname "$pc") make -s -C "$work/hello-c" CC="$CC" || fail "hello-c does not build"
cp "$work/hello-c/hello-c.so" "$plugins"

step "one exported symbol each"
for plugin in "$plugins"/*.so; do
  symbols=$(nm -D --defined-only "$plugin" | awk '$2 != "A" {print $3}')
  [ "$symbols" = sonde_plugin_v0 ] || fail "$plugin exports: $symbols"
done

step "sonde plugin check"
for plugin in "$plugins"/*.so; do
  "$sonde" plugin check "$plugin" >"$work/log" || { cat "$work/log" >&2; fail "$plugin does not keep to the contract"; }
done

step "validate and run"
python3 "$source/tests/outside/servers.py" "$work/ports" &
server=$!
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  [ ! -s "$work/ports" ] || break
  sleep 0.3
done
[ -s "$work/ports" ] || fail "the test servers did not start"
read -r echo_port greeting_port closed_port <"$work/ports"
cat >"$work/outside.sonde.yaml" <<YAML
version: 1
name: outside
targets: ["127.0.0.1"]
stages:
  - {use: hello, options: {port: $echo_port}}
  - {use: hello-c, options: {port: $closed_port}}
  - {use: greeting, options: {port: $greeting_port}}
output_dir: out
outputs:
  - {use: json, options: {path: inventory.json}}
  - {use: csv, options: {path: inventory.csv, columns: [ip, hello.echoed, hello-c.state, greeting.line]}}
YAML
export SONDE_PLUGIN_PATH="$plugins"
cd "$work"
"$sonde" validate outside.sonde.yaml || fail "sonde validate ended with $?"
"$sonde" run outside.sonde.yaml --output "$work/out" || fail "sonde run ended with $?"
cat >"$work/expected.json" <<'JSON'
[
{"ip":"127.0.0.1","alive":true,"hello":{"echoed":true},"hello-c":{"state":"refused"},"greeting":{"line":"220 ready"}}
]
JSON
diff -u "$work/expected.json" "$work/out/inventory.json" || fail "inventory.json is not as expected"
printf 'ip,hello.echoed,hello-c.state,greeting.line\r\n127.0.0.1,true,refused,220 ready\r\n' >"$work/expected.csv"
cmp "$work/expected.csv" "$work/out/inventory.csv" || fail "inventory.csv is not as expected"

step "a refused dial ends with the reason of the host"
cat >"$work/denied.sonde.yaml" <<YAML
version: 1
name: denied
targets: ["127.0.0.1"]
stages:
  - {use: hello, options: {port: 9100}}
  - {use: hello-c, options: {port: 9100}}
  - {use: greeting, options: {port: 9100}}
outputs: [{use: json, options: {path: inventory.json}}]
YAML
status=0
"$sonde" run denied.sonde.yaml --quiet --output "$work/denied" || status=$?
[ "$status" = 1 ] || fail "a run whose dials are refused ended with $status"
reasons=$(grep -c '"<address>: .*print.*": 1' "$work/denied/run.json" || :)
[ "$reasons" = 3 ] || { cat "$work/denied/run.json" >&2; fail "run.json gives the reason for $reasons of 3 stages"; }
step "ok"
