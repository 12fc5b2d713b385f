#!/bin/bash
# Runs inside the build root: makes in DIR the tree that becomes a guest's /, and that goes to other
# machines (image.sh bring): busybox, the programs of the root that tests need, and libraries. The
# tree has nothing that depends on the checkout.
# image-tree.sh DIR SYSROOT READELF -- TOOL... -- LINK-TO-KMOD... -- LIBRARY...
#
# Programs and libraries of another architecture are in SYSROOT, and READELF reads them.
set -euo pipefail

dir=$1 sysroot=$2 readelf=$3
shift 4
tools=() links=()
while [ "$1" != -- ]; do tools+=("$1"); shift; done
shift
while [ "$1" != -- ]; do links+=("$1"); shift; done
shift

# Prints the libraries that the loader would load for files. For this root's own programs ldd tells.
libraries() { # FILE...
	local name names path
	local -A seen=()
	if [ -z "$sysroot" ]; then
		{ ldd "$@" 2>/dev/null || true; } | sed -nE 's/.*(=> |^\t)(\/[^ ]+).*/\2/p'
		return
	fi
	while [ $# -gt 0 ]; do
		names=$({ "$readelf" -d "$@" 2>/dev/null || true; } |
			sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p')
		set --
		for name in $names; do
			[ -z "${seen[$name]:-}" ] || continue
			path=$(find "$sysroot/usr/lib" -name "$name" -print -quit)
			set -- "$@" "$path"
			seen[$name]=yes
			printf '%s\n' "${path#"$sysroot"}"
		done
	done
}

# Prints where a program or library is, below SYSROOT.
find_in() { # NAME FOLDER...
	local name=$1 path
	path=$(cd "$sysroot/" && find "${@:2}" -name "$name" -print -quit 2>/dev/null)
	[ -n "$path" ] || { echo "no $name in $sysroot, which sysroot.sh fills" >&2; exit 1; }
	printf '/%s\n' "$path"
}

rm -rf "$dir"
mkdir -p "$dir"/usr/{bin,sbin,lib,lib64,local/bin} "$dir"/{proc,sys,dev,run,tmp,root,etc,mnt}
ln -s usr/bin usr/sbin usr/lib usr/lib64 "$dir/"
chmod 1777 "$dir/tmp"

paths=()
for tool in "${tools[@]}"; do
	path=$(find_in "$tool" usr/bin usr/sbin)
	cp -L "$sysroot$path" "$dir/usr/bin/$tool"
	paths+=("$sysroot$path")
done
for link in "${links[@]}"; do ln -s kmod "$dir/usr/bin/$link"; done
for library; do
	paths+=("$sysroot$(find_in "$library" usr/lib)")
done
{
	printf '%s\n' "${paths[@]#"$sysroot"}" | grep '\.so' || true
	libraries "${paths[@]}"
} | sort -u | while IFS= read -r file; do
	cp -L "$sysroot$file" "$dir/usr/lib/"
done
# Programs name their loader by a path outside of the library folders.
loader=$(cd "$sysroot/" && find usr/lib usr/lib64 -name 'ld-linux-*.so.*' -print -quit)
cp -L "$sysroot/$loader" "$dir/usr/lib/"
[ -z "$(find "$sysroot"/usr/lib64 -name 'ld-linux-*' 2>/dev/null)" ] ||
	ln -s "../lib/${loader##*/}" "$dir/usr/lib64/${loader##*/}"

# init makes busybox's links, but leaves programs that have the name already.
busybox=$(find_in busybox usr/bin bin)
cp -L "$sysroot$busybox" "$dir/usr/bin/busybox"

printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$dir/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$dir/etc/group"
