#!/bin/bash
# needs.sh GOAL: makes sure that this machine has what GOAL needs. As root it installs the
# missing packages, otherwise it prints the command to run. For check-here it installs only by
# apt-get: where the machine has another manager, its owner decides.
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/../root/lib.sh"

# Each need, and its package for apt-get, dnf, pacman and zypper: "-" where there is none. A
# need is a program, a file, a library of the C compiler (.a) or of pkg-config (.pc), or
# a part of bats that suite.py names. We tried apt-get's names on Debian. NOT TRIED: apt-get's
# on Ubuntu, and all of dnf's, pacman's and zypper's, which are from package lists and from the
# instructions of other projects.
kernel=$(uname -r) kdir=${KDIR:-/lib/modules/${KERNELRELEASE:-$(uname -r)}/build}
keys=/usr/share/keyrings/debian-archive-keyring.gpg
PACKAGES="
python3 python3 python3 python python3
qemu-system-x86_64 qemu-system-x86 qemu-system-x86-core qemu-system-x86 qemu-x86
qemu-system-aarch64 qemu-system-arm qemu-system-aarch64-core qemu-system-aarch64 qemu-arm
mmdebstrap mmdebstrap mmdebstrap - -
chromium chromium chromium chromium chromium
$keys debian-archive-keyring debian-keyring debian-archive-keyring -
gpg gpg gnupg2 gnupg gpg2
flock util-linux util-linux util-linux util-linux
column bsdextrautils util-linux util-linux util-linux
jq jq jq jq jq
bats bats bats bats bats
bats-assert bats-assert - bats-assert -
bats-support bats-support - bats-support -
cc gcc gcc gcc gcc
libc.a libc6-dev glibc-static glibc glibc-devel-static
pkg-config pkg-config pkgconf-pkg-config pkgconf pkg-config
libkmod.pc libkmod-dev kmod-devel kmod libkmod-devel
smartcols.pc libsmartcols-dev libsmartcols-devel util-linux-libs libsmartcols-devel
spatch coccinelle coccinelle - coccinelle
python3-embed.pc libpython3-dev python3-devel python python3-devel
insmod kmod kmod kmod kmod
cmocka.pc libcmocka-dev libcmocka-devel cmocka libcmocka-devel
$kdir linux-headers-$kernel kernel-devel-$kernel linux-headers kernel-default-devel
"

# Choose by the distribution, and not by which managers exist: mmdebstrap's package brings apt-get
# to any distribution.
# shellcheck source=/dev/null
like=$(. "${OS_RELEASE:-/etc/os-release}" && echo " $ID ${ID_LIKE:-} ") || like=
case $like in
*' fedora '* | *' rhel '*) column=2 install=(dnf install -y) ;;
*' arch '*) column=3 install=(pacman -S --needed --noconfirm) ;;
*suse*) column=4 install=(zypper -n install) ;;
*) column=1 install=(apt-get install -y --no-install-recommends) ;;
esac

# What makes a build root. If apt does not trust Debian's keys, mmdebstrap checks them by gpg.
root=(python3 mmdebstrap flock "$keys")
[[ $like == ' debian '* ]] || root+=(gpg)
needs=("${root[@]}" qemu-system-x86_64)
[[ " ${KERNELS:-} $1 " != *" arm64 "* && $1 != check-all ]] &&
	! grep -qsx CONFIG_ARM64=y "${KDIR:-.}/include/config/auto.conf" || needs+=(qemu-system-aarch64)

# Only check-all opens the atlas in a browser.
[ "$1" != check-all ] || needs+=(chromium)

# check-here boots nothing. The goal runs this machine's bats, or else a build root's.
bats=
if [ "$1" = check-here ]; then
	bats=$(python3 -B "$VM_DIR/host/suite.py" 2>/dev/null) || bats='bats bats-assert bats-support jq'
	needs=("${root[@]}")
	if [ -z "$bats" ] || { [ "$column" -gt 1 ] && ! command -v mmdebstrap >/dev/null; }; then
		# shellcheck disable=SC2206 # words
		needs=(python3 column $bats)
	fi
	needs+=(cc libc.a pkg-config libkmod.pc smartcols.pc cmocka.pc insmod "$kdir")
fi

# audit reads sources, and builds and boots nothing. spatch loads Python's library by a name
# that only the -dev package has.
[ "$1" != audit ] || needs=(python3 spatch pkg-config python3-embed.pc)

[ "$(id -u)" -eq 0 ] || [ "$1" = audit ] ||
	die "the tests build and enter a root file system, which needs root; run: sudo make $1"

[ "$1" != check-here ] || [ -e "${PROC_MODULES:-/proc/modules}" ] ||
	die "this kernel takes no modules (CONFIG_MODULES): boot one that does, or run: make check"
if [ "$1" = check-here ] && [ -r "$kdir/include/config/kernel.release" ]; then
	of=$(<"$kdir/include/config/kernel.release")
	[ "$of" = "$kernel" ] || die "$kdir is the tree of $of, and this machine runs $kernel:" \
		'name the tree that its kernel was built in, or boot the other kernel'
fi

is_here() { # NEED
	case $1 in
	/*) [ -e "$1" ] ;;
	*.a) [ -e "$(cc -print-file-name="$1" 2>/dev/null)" ] ;;
	*.pc) pkg-config --exists "${1%.pc}" 2>/dev/null ;;
	bats*) [[ " $bats " != *" $1 "* ]] ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

missing=() nowhere=()
while read -ra row; do
	[[ " ${needs[*]} " == *" ${row[0]:--} "* ]] || continue
	is_here "${row[0]}" ||
		case ${row[column]} in
		-) nowhere+=("${row[0]##*/}") ;;
		*) missing+=("${row[column]}") ;;
		esac
done <<<"$PACKAGES"
install+=("${missing[@]}")

[ ${#missing[@]} -gt 0 ] || [ ${#nowhere[@]} -gt 0 ] || exit 0
if [ ${#nowhere[@]} -gt 0 ]; then
	way='run this in a container (docs/ci.md)'
	[ "$1" != check-here ] || way="get them into a folder of BATS_LIB_PATH${missing[*]:+, and run: ${install[*]}}"
	die "${install[0]} has no package for ${nowhere[*]}; $way"
elif ! command -v "${install[0]}" >/dev/null; then
	die "please install what ${install[0]} would, which is not here: ${missing[*]}" \
		'(docs/ci.md has a container, for make check)'
elif [[ $1 == check-here && ${install[0]} != apt-get ]]; then
	die "this machine lacks what the tests need, with bats of 1.11 or newer; run: ${install[*]}"
elif [ "${install[0]}" = apt-get ]; then
	export DEBIAN_FRONTEND=noninteractive
	step "apt-get update" apt-get update ||
		say "warning: going by the package lists that there are"
	headers=linux-headers-$kernel
	[[ " ${missing[*]} " != *" $headers "* ]] || ! command -v apt-cache >/dev/null ||
		apt-cache show "$headers" >/dev/null 2>&1 ||
		die "apt has no $headers: name the tree that this kernel was built in:" \
			"make $1 KDIR=~/linux"
fi
step "installing ${missing[*]} on this machine" "${install[@]}"
