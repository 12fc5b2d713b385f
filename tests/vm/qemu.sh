#!/bin/bash
# qemu.sh MODE RELEASE VMLINUZ INITRD DIR PREFIX: boots one guest, for at most
# TIMEOUT seconds, and receives what it says into DIR: console.log, status (of
# QEMU; 124 is the timeout) and what receive.sh leaves. Whether that is a success
# is judge.sh's to say. APPEND adds to the kernel's command line; ACCEL is kvm or
# tcg. In the mode "shell" the console is this terminal; in the mode "bench" the clock
# counts instructions.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

mode=$1 release=$2 vmlinuz=$3 initrd=$4 dir=$5 prefix=$6
# The emulator keeps the code that it has translated by virtual address: with
# programs at the same addresses each time, starting one costs 7 ms and not 25.
# And on a busy machine the kernel would mistrust the TSC, for the slow HPET.
case ${ACCEL:?} in
kvm) accel=kvm cpu=max append= ;;
tcg) accel=tcg,thread=multi cpu=max append='norandmaps tsc=reliable' ;;
*) die "ACCEL is kvm or tcg, not '$ACCEL'" ;;
esac
# A guest of one CPU has a second one that is offline, for tests that race; so it
# costs nothing.
cpus=${CPUS:-1}
clock=()
if [ "$mode" = bench ]; then
	accel=tcg,thread=single cpus=1 clock=(-icount "$ICOUNT")
	[ -z "${PROFILE:-}" ] || clock+=(-plugin "file=$BUILD/count.so,out=$dir/executed")
elif [ "$cpus" -eq 1 ]; then
	cpus=2 append+=' maxcpus=1'
fi
case $DEBIAN_ARCH in
amd64)
	machine=(qemu-system-x86_64 -M q35)
	append="memmap=$BOOT_RESERVED,$BOOT_DAX $append"
	report=(-serial stdio)
	# A byte at a time is how the emulator moves and clears by them, and the kernel
	# takes them for the quick way: a guest without needs a third less. Instructions
	# are counted on a CPU as they are today.
	[ "$ACCEL" = kvm ] || [ "$mode" = bench ] || cpu+=,erms=off,fsrm=off
	;;
arm64)
	# The way of QEMU's own to sign pointers is the quick one. The machine has one
	# serial line only.
	machine=(qemu-system-aarch64 -M virt)
	cpu+=,pauth-impdef=on
	append="mem=$BOOT_RAM $append"
	report=(-chardev "stdio,id=report,signal=off" -device "pci-serial,chardev=report")
	;;
esac
# 0000:00:10.0/2 is device 10.0 of QEMU's root bus; the BAR is that device's own.
slot=${IVSHMEM##*:} slot=${slot%/*}
qemu=(
	"${machine[@]}" -accel "$accel" -cpu "$cpu"
	-m "$MEMORY" -smp "$cpus" ${clock[@]+"${clock[@]}"}
	-object "memory-backend-ram,id=ivshmem,size=64M,share=on"
	-device "ivshmem-plain,memdev=ivshmem,addr=$slot"
	-nodefaults -no-reboot -display none -pidfile "$dir/qemu.pid"
	-kernel "$vmlinuz" -initrd "$initrd"
	-append "console=$CONSOLE_TTY panic=-1 oops=panic loglevel=7 $append ${APPEND:-}"
)
rm -rf "$dir"
mkdir -p "$dir"

if [ "$mode" = shell ]; then
	exec "${qemu[@]}" -chardev stdio,id=console,signal=off \
		-serial chardev:console -serial null
fi

status=0
timeout --foreground --kill-after=10 "$TIMEOUT" \
	"${qemu[@]}" -serial "file:$dir/console.log" "${report[@]}" \
	</dev/null 2>"$dir/qemu.log" |
	"$VM_DIR/receive.sh" "$dir" "$prefix" "kernel $release, accel $ACCEL" ||
	status=${PIPESTATUS[0]}
printf '%s\n' "$status" >"$dir/status"
