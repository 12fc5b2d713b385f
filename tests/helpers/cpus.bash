# shellcheck shell=bash
# CPUs for tests that race. Guests have one CPU online and one offline (vm/host/machines.py).

CPUS=/sys/devices/system/cpu

cpus_online() {
	REPLY=$(on nproc)
}

# need_cpus N: skips unless N processors can be online; brings them online until cpus_back.
need_cpus() {
	local file

	cpus_online
	((REPLY < $1)) || return 0
	# shellcheck disable=SC2016 # expanded there
	for file in $(target_shell 'grep -lx 0 "$1"/cpu[0-9]*/online' $CPUS || true); do
		((REPLY < $1)) || break
		target_write "$file" 1
		echo "$file" >>"$BATS_FILE_TMPDIR/cpus"
		cpus_online
	done
	((REPLY >= $1)) || skip "$REPLY CPUs here, and no more to bring online"
}

# Takes the CPUs offline again that need_cpus brought online.
cpus_back() {
	local file files

	[[ -e $BATS_FILE_TMPDIR/cpus ]] || return 0
	mapfile -t files <"$BATS_FILE_TMPDIR/cpus"
	for file in "${files[@]}"; do
		target_write "$file" 0
	done
	rm "$BATS_FILE_TMPDIR/cpus"
}
