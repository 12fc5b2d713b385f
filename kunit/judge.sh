#!/bin/bash
# judge.sh KTAP SOURCE: has the kernel's own parser, of the source tree SOURCE in the
# build root, read the files KTAP/*.ktap, prints what it says, and leaves its counts
# in KTAP/counts.json. A suite that says nothing is a failure.
export ROOT_FOR=kernel
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/../tests/vm/lib.sh"

ktap=$1 source=$2
dir=$(mktemp -d "$ROOT/tmp/ktap.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cp "$TOP/kunit/results.py" "$dir/"
find "$ktap" -name '*.ktap' -exec cp -t "$dir" {} +
echo '{"passed": 0, "failed": 1, "skipped": 0}' >"$ktap/counts.json"
in_root python3 "${dir#"$ROOT"}/results.py" "$source/tools/testing/kunit" "${dir#"$ROOT"}"
cp "$dir/counts.json" "$ktap/counts.json"
