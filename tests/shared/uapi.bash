# shellcheck shell=bash disable=SC2034 # for the tests
# Ioctls by number, with arguments that the test makes up, and what each has to answer. The
# numbers and the places of fields are those of module/uapi/pfnmap_test.h; they are
# written out so that a change of the interface turns tests red.

# ioctl: number, bytes of its struct
INFO=0 INFO_SIZE=40
DESCRIBE=1 DESCRIBE_SIZE=96
SET_MAP=2 SET_MAP_SIZE=32
LOOKUP=3 LOOKUP_SIZE=40
LIST=4 LIST_SIZE=48
RESERVE=5 RESERVE_SIZE=32
RELEASE=6 RELEASE_SIZE=8
LEAF=7 LEAF_SIZE=40
VMA=8 VMA_SIZE=72
ZAP=9 ZAP_SIZE=32
FOLIO=10 FOLIO_SIZE=56
PIN=11 PIN_SIZE=48
UNPIN=12 UNPIN_SIZE=8
WORD=13 WORD_SIZE=32
MEMREMAP=14 MEMREMAP_SIZE=32
SET_ENABLED=15 SET_ENABLED_SIZE=16
WAIT_IDLE=16 WAIT_IDLE_SIZE=32
FAIL_NEXT=17 FAIL_NEXT_SIZE=16
FOLLOW=18 FOLLOW_SIZE=32
CALLS=19 CALLS_SIZE=40
INSPECT=20 INSPECT_SIZE=136

ALL=("$INFO $INFO_SIZE" "$DESCRIBE $DESCRIBE_SIZE" "$SET_MAP $SET_MAP_SIZE"
	"$LOOKUP $LOOKUP_SIZE" "$LIST $LIST_SIZE" "$RESERVE $RESERVE_SIZE"
	"$RELEASE $RELEASE_SIZE" "$LEAF $LEAF_SIZE" "$VMA $VMA_SIZE" "$ZAP $ZAP_SIZE"
	"$FOLIO $FOLIO_SIZE" "$PIN $PIN_SIZE" "$UNPIN $UNPIN_SIZE" "$WORD $WORD_SIZE"
	"$MEMREMAP $MEMREMAP_SIZE" "$SET_ENABLED $SET_ENABLED_SIZE"
	"$WAIT_IDLE $WAIT_IDLE_SIZE" "$FAIL_NEXT $FAIL_NEXT_SIZE"
	"$FOLLOW $FOLLOW_SIZE" "$CALLS $CALLS_SIZE" "$INSPECT $INSPECT_SIZE")

# refused gathers rows of check, which settle runs in one process.
ROWS=''

refused() { # ERRNO|ok NR SIZE [FIELD=VALUE...]
	local IFS=,

	ROWS+="ioctl:a,nr=$2,size=$3${4+,${*:4}} $1"$'\n'
}

# Every test ends with this; clean_up sees to it that none forgets.
settle() { # [FIRST STEP...]
	printf -v REPLY '%s\n' a=open "$@"
	check <<<"$REPLY$ROWS"
	ROWS=''
}

clean_up() {
	[[ -n $ROWS && -n ${BATS_TEST_COMPLETED:-} ]] || return 0
	echo "# steps that were not run"
	return 1
}
