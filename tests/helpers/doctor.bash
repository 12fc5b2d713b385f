# shellcheck shell=bash disable=SC2154 # output is what run leaves
# The verdicts of pfnmapctl doctor, by the name of the check.

# doctor STATUS: asks it, and what exit status it has.
doctor() {
	run "-$1" --separate-stderr pfnmapctl doctor -j
	DOCTOR=$output
	assert_equal "$stderr" ""
}

# says CHECK STATE WHY ADVICE: one line of it, the latter two as regular expressions;
# ADVICE is empty where there is none.
says() {
	local line

	line=$(jq -r --arg check "$1" '.[] | select(.check == $check) | "\(.state): \(.why) -> \(.advice // "")"' \
		<<<"$DOCTOR")
	assert_regex "$line" "^$2: .*$3.* -> ${4:+.*$4.*}\$"
}

# missing CHECK...: these and no others are.
missing() {
	assert_equal "$(jq -r '.[] | select(.state == "missing") | .check' <<<"$DOCTOR")" \
		"$(printf '%s\n' "$@")"
}
