#!/bin/bash
# failures.sh: what run.sh's last runs said of failures, for the end of a long log.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/../tests/vm/lib.sh"

for said in "$BUILD"/results/kunit-*/said; do
	[ -e "$said" ] || continue
	release=${said%/said}
	sed "s/^/${release##*/}| /" "$said" | grep -E 'FAILED|CRASHED' || true
done
