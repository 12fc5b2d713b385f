# shellcheck shell=bash
# The module: loading it as the suite has it, and what it says of itself, which is asked
# once for each load.

# The module as all tests find it. Where two ranges of 1 GiB were reserved at boot it takes
# those: entries of the memtype tree are then the same after each load, and 1 GiB leaves are
# possible.
suite_load() {
	# shellcheck disable=SC2046 # words
	module_load $(suite_params)
}

suite_params() {
	local ranges

	# shellcheck disable=SC2016
	mapfile -t ranges < <(grep -oE '1G\$0x[0-9a-f]+' <<<"$CMDLINE ${PFNMAP_TEST_RESERVED-}" | tr '$' @)
	[[ ${#ranges[@]} -lt 2 ]] || echo "mmio=${ranges[0]} dax=${ranges[1]}"
}

# What loads it there, in LOAD.
load_command() {
	LOAD=(modprobe pfnmap_test)
	[[ -z ${PFNMAP_TEST_KO:-} ]] || LOAD=(insmod "$PFNMAP_TEST_KO")
}

module_load() { # [PARAM=VALUE...]
	load_command
	on "${LOAD[@]}" "$@"
}

# shellcheck disable=SC2120 # with or without
module_loaded() { # [NAME]
	target_has "/sys/module/${1:-pfnmap_test}"
}

INFO_FILE=$TARGET_FOLDER/info

# Something may have loaded another one.
module_changed() {
	rm -f "$INFO_FILE" "$INFO_FILE.lines" "$TARGET_FOLDER/state-kept"
}

# What `pfnmapctl info -j` says of the module that is loaded: as it is in $INFO_FILE, and in
# $INFO_FILE.lines as kind, name, yes or no for available, start, bytes, regions, levels, flags.
info_ask() {
	[[ ! -s $INFO_FILE.lines ]] || return 0
	on pfnmapctl info -j >"$INFO_FILE"
	jq -r '.[] | [.kind, .name, if .available == false then "no" else "yes" end, .start // 0,
		.bytes // 0, .regions // "-", .levels // "-", .flags // "-"] | join(" ")' \
		<"$INFO_FILE" >"$INFO_FILE.lines"
}

info_json() {
	info_ask
	cat "$INFO_FILE"
}

# $REPLY: what a region has, as a number; 0 where it is not there.
region_ask() { # REGION start|bytes
	local words

	info_ask
	while read -ra words; do
		[[ ${words[*]::2} != "region $1" ]] || break
		words=()
	done <"$INFO_FILE.lines"
	case $2 in
	start) REPLY=${words[3]-0} ;;
	bytes) REPLY=${words[4]-0} ;;
	esac
}

region_field() { # REGION start|bytes
	region_ask "$@"
	echo "$REPLY"
}

# What the kernel says of memory; in kB.
meminfo() { # FIELD
	target_read /proc/meminfo | awk -v field="$1:" '$1 == field { print $2 }'
}

iomem() {
	target_read /proc/iomem
}

# Memory blocks that are off line, if any.
# shellcheck disable=SC2016 # expanded there
offline_blocks() {
	target_shell 'cd "$1" 2>/dev/null || exit 0
		grep -l offline memory*/state || true' /sys/devices/system/memory
}
