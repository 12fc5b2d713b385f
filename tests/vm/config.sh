# shellcheck shell=bash disable=SC2034
# What the guests are made of. Sourced; the only place that names the kernels,
# the suites and the packages. Each build root is keyed by its part of this file,
# so a change here builds a new one.

# Series of stock Debian kernels to test: the newest image of each is taken. For
# `make demo` the newest stable one and the oldest; `make shell` boots the former.
DEFAULT_KERNELS='6.1 6.12 7.2 7.3'
DEMO_KERNELS='6.1 7.2'
KERNELS=${KERNELS:-$DEFAULT_KERNELS}

# `make check` has time for all tests on this series, and on the others for those of files
# with the tag: what differs most between kernels. It is so if nobody says which kernels
# and which tests.
WHOLE_KERNEL=7.2
EVERY_TAG=every-kernel

# In how many guests, each of which has a share of the files, all tests run on that
# series, or on a kernel that is the only one: one would still be at it when those of all
# others are done.
SHARES=2

# The series that has a module besides whose ioctls' structs have grown, for old programs.
GROWN_KERNEL=7.2

# Kernels of our own (kunit/kernel.sh): what `make check` tests besides, and the KUnit
# suites of which it runs, or only builds; what `make check-all` has in their place; and
# which tests are for a kernel that has little. The debug kernel is too slow for bats in
# the former: each allocation that fails (faults*) is the latter's.
CHECK_KERNELS=um
KUNIT_KERNELS='debug um no-thp:build no-zone-device:build no-pat:build'
ALL_CHECK_KERNELS='um persistent no-thp no-zone-device no-pat arm64 debug'
ALL_KUNIT_KERNELS='debug um persistent no-thp no-zone-device no-pat'
declare -A TESTS_OF=([um]='^(cow|fork|C[0-9]+)')

# Debian's own kernels for another machine than this, and of which series. Each has a
# build root of its own, ROOT_FOR=arm64: see the end of this file.
declare -A FOREIGN_KERNELS=([arm64]=7.2)

# What `make fuzz` runs, and where, if nobody says.
FUZZ_TEST='^fuzz: for as long as'
FUZZ_KERNELS=debug

# What `make storm` runs, and where, if nobody says.
STORM_TESTS='^storm'
STORM_KERNELS=7.2

# Which tests are run of the Debian packages, once installed, and where, if nobody says.
DEB_TESTS='^(dkms|cli|memtype): '
DEB_KERNELS=7.2

# The series whose guest runs the bats tests by programs built with ASan and UBSan.
SANITISED='7.2'

# The suite whose programs run in the guest.
SUITE=trixie

# Where a series is looked for, in this order, if not in that suite alone. The
# first that has both image and headers gives the compiler too, by a root of its
# own: kbuild's programs are built for their suite's libraries. 7.3 comes to
# trixie-backports; headers are there first, the signed image follows. Until then
# it is experimental's, a release candidate that calls itself 7.3-amd64.
declare -A SUITES_OF=(
	[6.1]=bookworm
	[7.3]='trixie sid'
)

# What else of the archive goes with a suite, besides updates and security.
declare -A BESIDE=([trixie]=trixie-backports [sid]=experimental)

# linux-source of this series gives checkpatch and upstream's pfnmap selftest.
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
	valgrind sparse shellcheck perl python3-minimal python3-yaml scdoc
	# what goes into the guest
	bash bash-static dash coreutils grep sed mawk findutils diffutils util-linux mount
	procps kmod jq busybox strace debianutils cpio bsdextrautils
	bats bats-assert bats-support bats-file
	e2fsprogs xfsprogs
)

# What builds whole kernels, and parses what KUnit says on them (ROOT_FOR=kernel): a
# root of its own, so that the other stays small.
if [ "${ROOT_FOR:-}" = kernel ]; then
	PACKAGES_trixie=(
		gcc gcc-14 make bc flex bison perl python3 cpio xz-utils kmod
		libc6-dev libelf-dev libssl-dev zlib1g-dev
	)
fi

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

# Of those, the packages whose programs go into the initramfs, and the libraries
# that programs built later may ask for.
GUEST_PACKAGES=(
	bash bash-static dash coreutils grep sed mawk findutils diffutils util-linux mount
	procps kmod jq busybox strace debianutils
	bats bats-assert bats-support bats-file
	e2fsprogs xfsprogs
)
GUEST_LIBRARIES=(
	libc.so.6 libkmod.so.2 libsmartcols.so.1 libcmocka.so.0
	libasan.so.8 libubsan.so.1 libgcc_s.so.1
)

# stress-ng, for `make storm`, and those of its libraries that the build root lacks.
STRESS_PACKAGES=(
	stress-ng libapparmor1 libegl1 libgles2 libglvnd0 libgbm1 libdrm2 libexpat1
	libwayland-server0 libffi8 libipsec-mb2 libjpeg62-turbo libjudydebian1 libsctp1
	libxcb-randr0 libxcb1 libxau6 libxdmcp6
)

# The kernel's own modules that a guest gets, as far as they are modules there:
# somewhere to swap to, and the real users of ZONE_DEVICE: device-dax, and what fs/dax
# needs.
GUEST_MODULES=(
	zram zsmalloc lz4_compress lz4hc_compress
	libnvdimm nd_e820 nd_pmem nd_btt device_dax dax_hmem
	ext4 jbd2 mbcache crc16 crc32c_generic crc32c-cryptoapi libcrc32c xfs
)

# Debian packages that the host needs, as "program package".
HOST_NEEDS=(
	"qemu-system-x86_64 qemu-system-x86"
	"mmdebstrap mmdebstrap"
	"flock util-linux"
	"/usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring"
)

# Reserved at boot in every guest, as memmap= says it: for mmio=SIZE@ADDR, RAM
# below 4 GiB, which mmio=auto, from the top down, comes to last; and two ranges
# that a PUD can map, for `make atlas`: one for mmio=, one for dax=.
# shellcheck disable=SC2016
BOOT_RESERVED='256M$0x50000000,1G$0x140000000,1G$0x180000000'

# Memory for the real users of ZONE_DEVICE, above what RAM a guest has otherwise:
# 1 GiB that the firmware kept for a special purpose, which dax_hmem makes /dev/dax0.0
# of, and 512 MiB that would keep its contents, /dev/pmem0.
# shellcheck disable=SC2016
BOOT_DAX='1G%0x280000000-1+0xefffffff,512M!0x2c0000000'

# Guests of one more kernel command line each, for the tests in tests/boots/NAME.bats:
# NAME is what the machine lacks. Of this series alone, by `make check`; and the memory of
# such a guest, if not as much as others have.
BOOTS_SERIES=7.2
declare -A BOOTS=(
	[pat]=nopat
	[lockdown]=lockdown=confidentiality
	[signature]=module.sig_enforce=1
	[thp]='transparent_hugepage=never debugfs=off'
	[memory]=''
)
declare -A MEMORY_OF=([memory]=640M)

# Where a guest's console is, and its second line, by which it reports.
CONSOLE_TTY=ttyS0 REPORT_TTY=ttyS1

# QEMU's clock for `make bench`: 2^shift ns for an instruction, none for being idle.
ICOUNT=shift=1,sleep=off

# A PCI device whose BAR 2 is 64 MiB of prefetchable memory, as SLOT/BAR.
IVSHMEM=0000:00:10.0/2

# A guest's memory (2G of it below 4 GiB), and the seconds that it may take.
MEMORY=${MEMORY:-9728M}
TIMEOUT=${TIMEOUT:-4800}
# One that watches itself takes longer.
declare -A TIMEOUT_OF=([debug]=14400 [coverage]=7200)

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
		"${GUEST_PACKAGES[@]}" libc6-dev libkmod-dev libsmartcols-dev libcmocka-dev
	)
	GUEST_LIBRARIES=(libc.so.6 libkmod.so.2 libsmartcols.so.1 libcmocka.so.0)
	HOST_NEEDS+=("qemu-system-aarch64 qemu-system-arm")
	# There is no memmap=: RAM, which begins at 1 GiB, ends for the kernel after so
	# much of it, and what is behind that is nobody's.
	MEMORY=5G BOOT_RAM=2G
	# shellcheck disable=SC2016
	BOOT_RESERVED='256M$0xc0000000,1G$0x100000000,1G$0x140000000'
	CONSOLE_TTY=ttyAMA0 REPORT_TTY=ttyS0
fi
