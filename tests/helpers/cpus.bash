# shellcheck shell=bash
# CPUs for tests that race. Guests have one CPU online and one offline (vm/host/machines.py).

# need_cpus N: skips unless N processors can be online; brings them online until cpus_back.
need_cpus() {
	local file

	REPLY=$(on nproc)
	for file in $(target_shell 'grep -lx 0 /sys/devices/system/cpu/cpu[0-9]*/online' || true); do
		((REPLY < $1)) || break
		target_write "$file" 1
		echo "$file" >>"$BATS_FILE_TMPDIR/cpus"
		REPLY=$(on nproc)
	done
	((REPLY < $1)) || return 0
	on test -e /sys/devices/system/cpu/hotplug || skip "$REPLY CPUs here: no CONFIG_HOTPLUG_CPU"
	skip "$REPLY CPUs here, and no more to bring online"
}

# Takes the CPUs offline again that need_cpus brought online.
cpus_back() {
	local file

	[[ -e $BATS_FILE_TMPDIR/cpus ]] || return 0
	for file in $(<"$BATS_FILE_TMPDIR/cpus"); do
		target_write "$file" 0
	done
	rm "$BATS_FILE_TMPDIR/cpus"
}
