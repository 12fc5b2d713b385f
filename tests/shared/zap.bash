# shellcheck shell=bash disable=SC2034 # REPLY is for the tests
# Tests of zaps.

need_tree() {
	need_region mmio
	need_pat
	need_memtype
}

# after_zap HELD: $REPLY is what is reserved after a zap. Before 6.16 a zap frees all.
after_zap() {
	case $TRACKING in
	*ctx) REPLY=$1 ;;
	*) REPLY=none ;;
	esac
}
