#!/bin/bash
# run-recipe.sh KERNELS TESTS: runs the commands of the GitLab job, taken from docs/ci/gitlab.yml;
# these install packages. Run this by hand, as root on a Debian machine.
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/../vm/root/lib.sh"

script() { # PART
	in_root python3 -c '
import sys, yaml
for job in yaml.safe_load(sys.stdin).values():
    print(*job[sys.argv[1]], sep="\n")' "$1" <"$TOP/docs/ci/gitlab.yml"
}

[ $# -eq 2 ] || die "usage: run-recipe.sh KERNELS TESTS"
export KERNELS=$1 TESTS=$2
cd "$TOP"
for part in before_script script; do
	script "$part" >"$BUILD/$part"
	bash -exo pipefail "$BUILD/$part" </dev/null
done
ls -l "$BUILD"/results/*.xml
