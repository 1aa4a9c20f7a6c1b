#!/bin/sh
# build.sh DIR [TARGET…]: the release build; only the program unless targets
# are named. Run by `make build`.
set -eu
cd "$(dirname "$0")/.."
dir=$1
shift

if [ ! -f "$dir/build.ninja" ]; then
	echo "build: into $dir/, which takes a minute the first time"
	meson setup "$dir" --buildtype=release -Dwerror=false -Dtests=false \
		>"$dir.log" 2>&1 || {
		cat "$dir.log"
		exit 1
	}
	rm -f "$dir.log"
fi
# What the compiler says, but not that there was nothing to do.
said=$(ninja -C "$dir" --quiet "${@:-nis2}") || {
	echo "$said"
	exit 1
}
test "$said" = "ninja: no work to do." || printf '%s' "$said"
