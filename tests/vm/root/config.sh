# shellcheck shell=bash disable=SC2034
# What the build roots and what goes into guests are made of. Sourced; the only place that
# names suites and packages. Each build root is keyed by its part of this file, so a change
# here builds a new one. What is run on which kernel is host/plan.py's.

# The suite whose programs run the tests, and go to their targets.
SUITE=trixie

# Where a series of stock kernels is looked for, in this order, if not in that suite alone.
# The first that has both image and headers gives the compiler too, by a root of its own:
# kbuild's programs are built for their suite's libraries. 7.3 comes to trixie-backports;
# headers are there first, the signed image follows. Until then it is experimental's, a
# release candidate that calls itself 7.3-amd64.
declare -A SUITES_OF=(
	[6.1]=bookworm
	[6.12]='trixie bookworm'
	[7.3]='trixie sid'
)

# What else of the archive goes with a suite, besides updates and security.
declare -A BESIDE=([trixie]=trixie-backports [sid]=experimental)

# linux-source of this series gives checkpatch, upstream's pfnmap selftest, and the kernels
# of our own.
SOURCE_SERIES=7.2

# Packages of the build roots: those that only build modules are small.
PACKAGES_bookworm=(gcc-12 make libelf1 sparse)
PACKAGES_sid=(gcc-16-for-host gcc-16 make libelf1t64 pahole sparse)
PACKAGES_trixie=(
	# compilers and libraries
	gcc gcc-14 gcc-14-x86-64-linux-gnu make libc6-dev pkg-config libkmod-dev libsmartcols-dev
	libcmocka-dev libcap-dev bc file xz-utils bzip2 ca-certificates
	# what the kernel's own build programs are linked with
	libelf1t64 libssl3t64 zlib1g pahole
	# checkers
	valgrind sparse shellcheck perl python3-minimal python3-yaml pyflakes3 pycodestyle scdoc
	# what the tests run by
	bash bash-builtins coreutils grep sed mawk findutils diffutils util-linux jq bsdextrautils
	cpio bats bats-assert bats-support
	# what goes to their targets
	busybox-static kmod strace e2fsprogs xfsprogs
)

# What builds whole kernels (ROOT_FOR=kernel, or clang for those that clang builds): roots
# of their own, so that the other stays small.
case ${ROOT_FOR:-} in
kernel | clang)
	PACKAGES_trixie=(
		gcc gcc-14 make bc flex bison perl python3 cpio xz-utils kmod
		libc6-dev libelf-dev libssl-dev zlib1g-dev
	)
	;;&
clang) PACKAGES_trixie+=(clang lld llvm) ;;
esac

# What tells which lines have run (ROOT_FOR=coverage), by the gcov of the same compiler.
if [ "${ROOT_FOR:-}" = coverage ]; then
	PACKAGES_trixie=(gcc-14 make gcovr jq bsdextrautils)
fi

# What builds it by dkms, and packs and installs it (ROOT_FOR=packaging): packaging.sh.
if [ "${ROOT_FOR:-}" = packaging ]; then
	PACKAGES_trixie=(
		build-essential gcc-14 kmod pkg-config libkmod-dev libsmartcols-dev
		libcmocka-dev libelf1t64 pahole openssl
		dkms dh-dkms debhelper lintian scdoc man-db udev zsh fish bash-completion
		bats bats-assert bats-support jq
	)
fi

# Programs of the root that go to a target besides busybox, which is asked last: those that
# users have, whose words the tests assert, those that busybox lacks, and grep, which
# looks through /proc/kallsyms in a fifth of the time. With the
# libraries that they and our own programs ask for.
TARGET_TOOLS=(kmod strace grep fallocate setpriv swapon mke2fs mkfs.xfs)
TARGET_KMOD=(insmod rmmod modprobe modinfo)
TARGET_LIBRARIES=(libc.so.6 libkmod.so.2 libsmartcols.so.1 libcmocka.so.0)
# Of programs that watch themselves.
SANITISED_LIBRARIES=(libasan.so.8 libubsan.so.1 libgcc_s.so.1 libstdc++.so.6 libm.so.6)

# stress-ng, for `make storm`, and those of its libraries that the build root lacks.
STRESS_PACKAGES=(
	stress-ng libapparmor1 libegl1 libgles2 libglvnd0 libgbm1 libdrm2 libexpat1
	libwayland-server0 libffi8 libipsec-mb2 libjpeg62-turbo libjudydebian1 libsctp1
	libxcb-randr0 libxcb1 libxau6 libxdmcp6
)

# The kernel's own modules that a guest gets, as far as they are modules there:
# somewhere to swap to, the real users of ZONE_DEVICE: device-dax, what fs/dax needs, an NVMe
# with memory for P2PDMA; and KVM and VFIO, which map for others what a process has mapped.
GUEST_MODULES=(
	zram zsmalloc lz4_compress lz4hc_compress
	libnvdimm nd_e820 nd_pmem nd_btt device_dax fsdev_dax dax_hmem kmem
	nvme nvme-core nvme-auth nvme-keyring
	kvm kvm-amd kvm-intel irqbypass ccp
	vfio vfio_iommu_type1 vfio_virqfd vfio-pci-core vfio-pci
	ext4 jbd2 mbcache crc16 crc32c_generic crc32c-cryptoapi libcrc32c xfs overlay
)

# The architecture, as Debian calls it and its kernel's flavour, and for which the build
# root's compiler builds; where in it libraries and programs of that are, if not where
# those that run here are.
DEBIAN_ARCH=amd64 CROSS_COMPILE='' SYSROOT=''
if [ "${ROOT_FOR:-}" = arm64 ]; then
	DEBIAN_ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- SYSROOT=/sysroot
	PACKAGES_trixie=(
		gcc-14-aarch64-linux-gnu make pkg-config libelf1t64 pahole bc
		cpio kmod xz-utils findutils
	)
	SYSROOT_PACKAGES=(
		busybox-static kmod strace util-linux e2fsprogs xfsprogs
		libc6-dev libkmod-dev libsmartcols-dev libcmocka-dev
	)
fi
