# shellcheck shell=bash
# fs/dax as a subject of the tests of ZONE_DEVICE memory, see zone-device.bash: load this
# after them. Small entries and large ones have a file each, for an entry of a file's
# that was made large stays so.

load helpers/control-subject

zd_need() { # LEVEL
	need_fsdax
	[[ $1 != pud ]] || skip "fs/dax maps no 1 GiB"
	[[ $1 != pmd ]] || need_large_leaves
	target_has "$FSDAX/$1" || new_file "$1" $((2 * LARGE))
	# Since 6.15 a page that nobody maps has no reference at all, where ours has
	# that of its page map: it is that of `watch`.
	# shellcheck disable=SC2034
	ZD_REFS=1 ZD_MAPS=0
	# shellcheck disable=SC2034
	! entries_count || ZD_MAPS=1
}

zd_open() { # LEVEL FILE
	control_watch "$FSDAX/$1" $((${BYTES[$1]} * 2))
	[[ $2 == a ]] || REPLY=("$2=file:$FSDAX/$1" ask=open)
}

# Large folios came to fs/dax with the counts, of 2 MiB.
# shellcheck disable=SC2154,SC2034 # keys, of an array that others read
ORDERS[pud]=0
# shellcheck disable=SC2154,SC2034
entries_count || ORDERS[pmd]=0
