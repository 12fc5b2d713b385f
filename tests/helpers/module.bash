# shellcheck shell=bash
# The module: how the suite loads it, and what it says of itself. The helpers ask once for each
# load.

# Loads the module as all tests find it. If two ranges of 1 GiB were reserved at boot, they are
# the regions: then 1 GiB leaves are possible, and the memtype tree is the same after each load.
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

# LOAD: the command that loads the module on the target.
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

# Forgets what the module said: another one may be loaded.
module_changed() {
	rm -f "$INFO_FILE" "$INFO_FILE.lines" "$TARGET_FOLDER/state-kept"
}

# Asks the loaded module: $INFO_FILE is the output of `pfnmapctl info -j`, $INFO_FILE.lines has
# a line for each thing: kind, name, yes or no (available), start, bytes, regions, levels, flags.
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

# $REPLY: the rest of the line of a thing in $INFO_FILE.lines: available, start, bytes, regions,
# levels, flags. False if the module knows no such thing.
info_of() { # KIND NAME
	local kind name

	info_ask
	while read -r kind name REPLY; do
		[[ "$kind $name" != "$1 $2" ]] || return 0
	done <"$INFO_FILE.lines"
	return 1
}

# Prints start or bytes of a region; 0 if the region is not there.
region_field() { # REGION start|bytes
	local start=0 bytes=0

	! info_of region "$1" || read -r _ start bytes _ <<<"$REPLY"
	if [[ $2 == start ]]; then echo "$start"; else echo "$bytes"; fi
}

# Prints a field of /proc/meminfo, in kB.
meminfo() { # FIELD
	target_read /proc/meminfo | awk -v field="$1:" '$1 == field { print $2 }'
}

# Memory blocks that are off line, if any.
# shellcheck disable=SC2016 # expanded there
offline_blocks() {
	target_shell 'cd "$1" 2>/dev/null || exit 0
		grep -l offline memory*/state || true' /sys/devices/system/memory
}
