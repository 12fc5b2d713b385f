#!/bin/bash
# Runs inside the build root: packs what every guest needs besides the kernel,
# our module, our programs and our tests into one uncompressed cpio archive.
# initramfs-base.sh OUTPUT SYSROOT READELF -- PACKAGE... -- LIBRARY...
#
# The programs of the named packages (and all of bats), with the shared
# libraries that they and the named libraries ask for. Those of another
# architecture are in SYSROOT, and read by READELF.
set -euo pipefail

output=$1 sysroot=$2 readelf=$3
shift 4
packages=()
while [ "$1" != -- ]; do packages+=("$1"); shift; done
shift

dir=$(mktemp -d /tmp/base.XXXXXX)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir -p usr/bin usr/sbin usr/lib usr/lib64 \
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

files() {
	if [ -z "$sysroot" ]; then
		dpkg -L "${packages[@]}"
	else
		(cd "$sysroot/lists" && cat "${packages[@]}") | sed 's,^\.,,'
	fi
}

# The libraries that the loader would load for files: of its own system it says so.
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

files | sort -u | while IFS= read -r file; do
	[ ! -d "$sysroot$file" ] || continue
	file=$(place "$file")
	case $file in
	/usr/bin/* | /usr/sbin/* | /usr/lib/bats* | /usr/libexec/bats*)
		mkdir -p ".${file%/*}"
		[ ! -e "$sysroot$file" ] || cp -a "$sysroot$file" ".$file"
		;;
	esac
done
ln -sf mawk usr/bin/awk
# bats starts bash a dozen times a test; without a dynamic linker that is quicker.
ln -sf bash-static usr/bin/bash

asked=()
for library; do
	path=$(find "$sysroot/usr/lib" -name "$library" -print -quit)
	[ -n "$path" ] || { echo "no $library" >&2; exit 1; }
	asked+=("$path")
done
mapfile -t programs < <(find . -type f -perm /111)
{
	printf '%s\n' "${asked[@]#"$sysroot"}"
	libraries "${programs[@]}" "${asked[@]}"
} | sort -u | while IFS= read -r file; do
	to=.$(place "$file")
	mkdir -p "${to%/*}"
	cp -L "$sysroot$file" "$to"
done
# Programs name their loader by a path of its own.
for file in "$sysroot"/usr/lib/ld-linux*; do
	[ ! -e "$file" ] || cp -L "$file" usr/lib/
done

printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n' >etc/passwd
printf 'root:x:0:\nnogroup:x:65534:\n' >etc/group
find . | cpio --quiet -o -H newc >"$output.new"
mv "$output.new" "$output"
