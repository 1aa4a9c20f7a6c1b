#!/bin/sh
# format.sh [--check]: clang-format over our C. Version 14 decides (Debian 12);
# others differ in small things.
set -eu
cd "$(dirname "$0")/.."
format=$(command -v clang-format-14 || command -v clang-format)
# tests/gen/ holds what a generator writes, byte for byte.
files=$(git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'bench/*.[ch]' 'tools/*.h' \
	':!tests/gen')
case ${1:-} in
--check) mode="--dry-run -Werror" ;;
*) mode=-i ;;
esac
# shellcheck disable=SC2086 # lists of words
exec "$format" $mode $files
