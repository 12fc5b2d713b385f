# shellcheck shell=bash
# Private mappings by every method; load helpers/methods first.

# each_private FUNCTION STEP...: as each_method, for a private mapping by each
# method that can have one.
each_private() {
	# shellcheck disable=SC2034 # of one_method
	local function=$1 wrong='' methods=0

	shift
	methods_do one_private "$@"
	((methods)) || fail "no method maps private"
	assert_equal "$wrong" ""
}

one_private() { # STEP...
	[[ ,$FLAGS, == *,cow,* ]] || return 0
	methods=$((methods + 1))
	MAP=private${MAP:+,$MAP} one_method "$@"
}
