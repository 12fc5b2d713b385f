# shellcheck shell=bash
# CPUs for tests that race. Guests that run beside others have one CPU online and one
# offline (vm/qemu.sh).

CPUS=/sys/devices/system/cpu

cpus_online() {
	REPLY=$(nproc)
}

# need_cpus N: online, those included that are brought so, until cpus_back.
need_cpus() {
	local file

	cpus_online
	for file in "$CPUS"/cpu[0-9]*/online; do
		((REPLY < $1)) || break
		[[ $(<"$file") == 0 ]] || continue
		echo 1 >"$file"
		echo "$file" >>"$BATS_FILE_TMPDIR/cpus"
		cpus_online
	done
	((REPLY >= $1)) || skip "$REPLY CPUs here, and no more to bring online"
}

# Offline again, those that need_cpus brought online.
cpus_back() {
	local file

	[[ -e $BATS_FILE_TMPDIR/cpus ]] || return 0
	while read -r file; do
		echo 0 >"$file"
	done <"$BATS_FILE_TMPDIR/cpus"
	rm "$BATS_FILE_TMPDIR/cpus"
}
