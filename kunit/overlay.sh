#!/bin/bash
# overlay.sh TREE DIR: makes DIR a copy of the kernel tree TREE with the driver and its
# suites, to build these into the kernel. TREE stays as it is: DIR has links to it, and
# copies of the files that have to differ. Each run makes DIR anew.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

[ $# -eq 2 ] || die "usage: overlay.sh TREE DIR"
tree=$(realpath "$1") dir=$(realpath -m "$2")
[ -e "$tree/tools/testing/kunit/kunit.py" ] || die "$tree is no kernel tree with kunit.py: name the top of one"
[ ! -e "$dir" ] || [ -e "$dir/.overlay" ] || die "$dir is there already, and this script has not made it: name another"
rm -rf "$dir"
mkdir -p "$dir"
touch "$dir/.overlay"

# Relative links hold in a chroot too. kunit.py follows links, and works in the tree where
# its file lies: so copy its folder.
ln -srt "$dir" "$tree"/*
for folder in tools tools/testing; do
	rm "$dir/$folder"
	mkdir "$dir/$folder"
	ln -srt "$dir/$folder" "$tree/$folder"/*
done
rm "$dir/tools/testing/kunit" "$dir/Kbuild" "$dir/Kconfig"
cp -r "$tree/tools/testing/kunit" "$dir/tools/testing/"
cp "$tree/Kbuild" "$tree/Kconfig" "$dir/"

# Keep the times, so that a build in the same O= redoes only what changed. Copy sources
# only: kbuild would take objects of an earlier build for its own.
mkdir "$dir/pfnmap-test"
(cd "$top" && find module kunit \( -name '*.[ch]' -o -name Kbuild -o -name Kconfig \
	-o -name '*.kunitconfig' -o -path 'module/probes/*' -type f \) -exec cp -p --parents -t "$dir/pfnmap-test" {} +)
cat >>"$dir/Kbuild" <<-'END'
	obj-$(CONFIG_PFNMAP_TEST) += pfnmap-test/module/
	obj-$(CONFIG_PFNMAP_TEST_KUNIT_TEST) += pfnmap-test/kunit/
END
cat >>"$dir/Kconfig" <<-'END'
	source "pfnmap-test/module/Kconfig"
	source "pfnmap-test/kunit/Kconfig"
END
