#!/bin/bash
# Runs inside the build root: packs what every guest needs besides the kernel,
# our module, our programs and our tests into one uncompressed cpio archive.
# initramfs-base.sh OUTPUT -- PACKAGE... -- LIBRARY...
#
# The programs of the named packages (and all of bats), with the shared
# libraries that they and the named libraries ask for.
set -euo pipefail

output=$1
shift 2
packages=()
while [ "$1" != -- ]; do packages+=("$1"); shift; done
shift

dir=$(mktemp -d /tmp/base.XXXXXX)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir -p usr/bin usr/sbin usr/lib/x86_64-linux-gnu usr/lib64 \
	proc sys dev run tmp root etc results mnt
ln -s usr/bin bin
ln -s usr/sbin sbin
ln -s usr/lib lib
ln -s usr/lib64 lib64
chmod 1777 tmp

# Where a file of a package lies: archives from before the merge say /bin.
place() {
	case $1 in
	/bin/* | /sbin/* | /lib/* | /lib64/*) printf '/usr%s\n' "$1" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

dpkg -L "${packages[@]}" | sort -u | while IFS= read -r file; do
	[ ! -d "$file" ] || continue
	file=$(place "$file")
	case $file in
	/usr/bin/* | /usr/sbin/* | /usr/lib/bats* | /usr/libexec/bats*)
		mkdir -p ".${file%/*}"
		[ ! -e "$file" ] || cp -a "$file" ".$file"
		;;
	esac
done
ln -sf mawk usr/bin/awk
# bats starts bash a dozen times a test; without a dynamic linker that is quicker.
ln -sf bash-static usr/bin/bash

{
	find . -type f -perm /111 -exec ldd {} + 2>/dev/null || true
	for library; do
		path=$(find /usr/lib -name "$library" -print -quit)
		[ -n "$path" ] || { echo "no $library" >&2; exit 1; }
		printf '%s => %s\n' "$library" "$path"
		ldd "$path" || true
	done
} | sed -nE 's/.*(=> |^\t)(\/[^ ]+).*/\2/p' | sort -u | while IFS= read -r file; do
	to=.$(place "$file")
	mkdir -p "${to%/*}"
	cp -L "$file" "$to"
done

printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n' >etc/passwd
printf 'root:x:0:\nnogroup:x:65534:\n' >etc/group
find . | cpio --quiet -o -H newc >"$output.new"
mv "$output.new" "$output"
