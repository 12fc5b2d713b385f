# shellcheck shell=bash disable=SC2034
# The contents of the build roots and of the guests. Scripts source this file. It is the only place
# that names suites and packages. A build root's name has the checksum of its part of this file: so
# a change here builds a new root. host/plan.py has what runs on which kernel.

# The suite of the programs that run the tests, and of those that go to targets.
SUITE=trixie

# The suites in which to look for a series of stock kernels, in this order, if not in $SUITE
# alone. The first suite that has both image and headers gives the compiler, too, by a root of
# its own: kbuild's programs are built for their suite's libraries. 7.3 comes to
# trixie-backports: first the headers, later the signed image. Until then take experimental's, a
# release candidate that calls itself 7.3-amd64.
declare -A SUITES_OF=(
	[6.1]=bookworm
	[6.12]='trixie bookworm'
	[7.2]='trixie sid'
	[7.3]='trixie sid'
)

# The part of the archive that a suite's root also uses, in addition to updates and security.
declare -A BESIDE=([trixie]=trixie-backports [sid]=experimental)

# The series of the linux-source that checkpatch, upstream's pfnmap selftest, and the kernels
# of our own come from.
SOURCE_SERIES=7.2

# Packages of the build roots. A root that only builds modules is small.
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
	# what runs the tests
	bash bash-builtins coreutils grep sed mawk findutils diffutils util-linux jq bsdextrautils
	cpio bats bats-assert bats-support
	# what goes to the targets
	busybox-static kmod strace e2fsprogs xfsprogs
)

# Roots to build whole kernels in (ROOT_FOR=kernel, or clang for kernels that clang builds): roots
# of their own, so that the common root stays small.
case ${ROOT_FOR:-} in
kernel | clang)
	PACKAGES_trixie=(
		gcc gcc-14 make bc flex bison perl python3 cpio xz-utils kmod
		libc6-dev libelf-dev libssl-dev zlib1g-dev
	)
	;;&
clang) PACKAGES_trixie+=(clang lld llvm) ;;
esac

# A root to show which lines have run (ROOT_FOR=coverage), with the gcov of the same compiler.
if [ "${ROOT_FOR:-}" = coverage ]; then
	PACKAGES_trixie=(gcc-14 make gcovr jq bsdextrautils)
fi

# A root in which packaging.sh builds the module by dkms, packs and installs (ROOT_FOR=packaging).
if [ "${ROOT_FOR:-}" = packaging ]; then
	PACKAGES_trixie=(
		build-essential gcc-14 kmod pkg-config libkmod-dev libsmartcols-dev
		libcmocka-dev libelf1t64 pahole openssl
		dkms dh-dkms debhelper lintian scdoc man-db udev zsh fish bash-completion
		bats bats-assert bats-support jq
	)
fi

# Programs of the root that go to a target, and come before busybox in PATH: programs whose messages
# tests assert; programs that busybox lacks; and grep, which reads /proc/kallsyms in a fifth of the
# time. The libraries that these and our own programs need go with them. SYSROOT_PACKAGES has the
# packages of all of these.
TARGET_TOOLS=(kmod strace grep fallocate setpriv swapon mke2fs mkfs.xfs)
TARGET_KMOD=(insmod rmmod modprobe modinfo)
TARGET_LIBRARIES=(libc.so.6 libkmod.so.2 libsmartcols.so.1 libcmocka.so.0)
# Libraries of programs with sanitisers.
SANITISED_LIBRARIES=(libasan.so.8 libubsan.so.1 libgcc_s.so.1 libstdc++.so.6 libm.so.6)

# stress-ng, for `make storm`, and the libraries of stress-ng that the build root lacks.
STRESS_PACKAGES=(
	stress-ng libapparmor1 libegl1 libgles2 libglvnd0 libgbm1 libdrm2 libexpat1
	libwayland-server0 libffi8 libipsec-mb2 libjpeg62-turbo libjudydebian1 libsctp1
	libxcb-randr0 libxcb1 libxau6 libxdmcp6
)

# The kernel's own modules that a guest gets, as far as they are modules there: somewhere to
# swap to; the real users of ZONE_DEVICE, which are device-dax, what fs/dax needs, and an NVMe
# with memory for P2PDMA; memory that a driver manages; and KVM and VFIO, which map a process's
# memory for others.
GUEST_MODULES=(
	zram zsmalloc lz4_compress lz4hc_compress lzo-rle
	libnvdimm nd_e820 nd_pmem nd_btt device_dax fsdev_dax dax_hmem kmem virtio_mem
	nvme nvme-core nvme-auth nvme-keyring
	kvm kvm-amd kvm-intel irqbypass ccp
	vfio vfio_iommu_type1 vfio_virqfd vfio-pci-core vfio-pci iommufd
	ext4 jbd2 mbcache crc16 crc32c_generic crc32c-cryptoapi libcrc32c xfs overlay
)

# Debian's name of the architecture, which is also its kernel's flavour, and the prefix of the
# compiler. SYSROOT is the folder of the build root that has the libraries and programs of another
# architecture.
DEBIAN_ARCH=amd64 CROSS_COMPILE='' SYSROOT=''
if [ "${ROOT_FOR:-}" = arm64 ]; then
	DEBIAN_ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- SYSROOT=/sysroot
	PACKAGES_trixie=(
		gcc-14-aarch64-linux-gnu make pkg-config libelf1t64 pahole bc
		cpio kmod xz-utils findutils
	)
	SYSROOT_PACKAGES=(
		busybox-static kmod strace grep util-linux mount e2fsprogs xfsprogs
		libc6-dev libkmod-dev libsmartcols-dev libcmocka-dev
	)
fi
