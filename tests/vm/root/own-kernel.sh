#!/bin/bash
# own-kernel.sh CONFIG[:build]: builds a kernel of our own from the newest linux-source of
# config.sh's SOURCE_SERIES, by the fragments of kunit/configs/ that CONFIG names
# below, and prints "RELEASE KDIR IMAGE ARCH SOURCE", the last as the build root
# sees it. With :build the script builds only what modules need, nothing to
# boot, and IMAGE is -. It rebuilds only what has changed. For the CONFIG "source" it builds no
# kernel, and prints only SOURCE.
export ROOT_FOR=kernel
case ${1:-} in clang*) ROOT_FOR=clang ;; esac
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/lib.sh"

configs=$TOP/kunit/configs
config=${1:?usage: own-kernel.sh CONFIG[:build]}
arch=x86_64 fragments=(x86_64 kunit) target=(bzImage modules) image=arch/x86/boot/bzImage
tools=()
case ${config%:build} in
source) ;;
debug) fragments+=(debug) ;;
coverage | persistent | no-thp | no-zone-device | no-pat) fragments+=("${config%:build}") ;;
clang) fragments+=(consumers clang) tools=(LLVM=1) ;;
um) arch=um fragments=(um kunit) target=(linux modules) image=linux ;;
*) die "no kernel config '$config': kunit/configs/ has them" ;;
esac
[ "$config" = "${config%:build}" ] || target=(modules_prepare) image=
config=${config%:build}

# Keeps one source tree, /linux/VERSION. Removes other versions with their builds.
# shellcheck disable=SC2016 # expanded inside
unpack='
	rm -rf /linux
	mkdir -p /linux/.new
	cd /linux
	apt-get download -q "linux-source-$1=$2"
	dpkg-deb --fsys-tarfile linux-source-*.deb |
		tar -xO --wildcards "./usr/src/linux-source-*.tar.xz" | xz -dc -T0 |
		tar -x -C .new --strip-components=1
	rm linux-source-*.deb
	mv .new "$2"'

# The last fragment that names an option decides. Fails if the configuration has another value: then
# the fragments lack an option that this one depends on.
configure() {
	local out=$1 lost
	(cd "$configs" && cat "${fragments[@]/%/.config}") |
		awk -F= '/^CONFIG_/ { last[$1] = $0 } END { for (o in last) print last[o] }' |
		sort >"$out/fragments.new" || return
	printf 'CONFIG_LOCALVERSION="-%s"\n' "$config" >>"$out/fragments.new"
	! cmp -s "$out/fragments.new" "$out/fragments" || return 0
	in_root make -s -C "$source" ARCH="$arch" "${tools[@]}" O="${out#"$ROOT"}" \
		KCONFIG_ALLCONFIG="${out#"$ROOT"}/fragments.new" allnoconfig || return
	lost=$(grep -v '=n$' "$out/fragments.new" | grep -vxFf "$out/.config"
		sed -n 's/=n$/=y/p' "$out/fragments.new" | grep -xFf "$out/.config")
	[ -z "$lost" ] || { printf 'not in the kernel:\n%s\n' "$lost"; return 1; }
	mv "$out/fragments.new" "$out/fragments"
}

build() {
	in_root make -s -j"${MAKE_JOBS:-$(nproc)}" -C "$source" ARCH="$arch" \
		"${tools[@]}" O="${1#"$ROOT"}" "${target[@]}"
}

main() {
	local out
	[ -e "$ROOT$source" ] || step "fetching linux-source-$SOURCE_SERIES $version" \
		in_root sh -euc "$unpack" sh "$SOURCE_SERIES" "$version"
	if [ "$config" = source ]; then
		printf '%s\n' "$source"
		return
	fi
	out=$ROOT/linux/$version.$config
	mkdir -p "$out"
	step "configuring the $config kernel" configure "$out"
	step "building the $config kernel (minutes at first)" build "$out"
	printf '%s %s %s %s %s\n' "$(cat "$out/include/config/kernel.release")" "$out" \
		"${image:+$out/}${image:--}" "$arch" "$source"
}

"$ROOT_DIR/root.sh" >&2
version=$(in_root apt-cache show --no-all-versions "linux-source-$SOURCE_SERIES" |
	sed -n 's/^Version: //p')
[ -n "$version" ] || die "no linux-source-$SOURCE_SERIES in the package lists: set SOURCE_SERIES in config.sh"
source=/linux/$version
# To read the sources, nobody has to wait for a kernel that another run builds.
if [ "$config" = source ] && [ -e "$ROOT$source" ]; then
	printf '%s\n' "$source"
	exit
fi
with_lock "kernel-${ROOT##*/}" main
