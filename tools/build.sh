#!/bin/sh
# build.sh DIR [TARGET…]: the release build; only the program unless targets
# are named. Run by `make build`.
set -eu
cd "$(dirname "$0")/.."
dir=$1
shift

if [ ! -f "$dir/build.ninja" ]; then
	meson setup "$dir" --buildtype=release -Dwerror=false -Dtests=false \
		>"$dir.log" 2>&1 || {
		cat "$dir.log"
		exit 1
	}
	rm -f "$dir.log"
fi
exec ninja -C "$dir" --quiet "${@:-nis2}"
