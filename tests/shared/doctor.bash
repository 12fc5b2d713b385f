# shellcheck shell=bash disable=SC2154 # output is what run leaves
# The verdicts of pfnmapctl doctor, by the name of the check.

# doctor STATUS: runs pfnmapctl doctor, which has to end with that exit status.
doctor() {
	run "-$1" --separate-stderr pfnmapctl doctor -j
	DOCTOR=$output
	assert_equal "$stderr" ""
}

# says CHECK STATE WHY ADVICE: doctor has printed this line. WHY and ADVICE are regular
# expressions; an empty ADVICE says that there is none.
says() {
	local line

	line=$(jq -r --arg check "$1" '.[] | select(.check == $check) | "\(.state): \(.why) -> \(.advice // "")"' \
		<<<"$DOCTOR")
	assert_regex "$line" "^$2: .*$3.* -> ${4:+.*$4.*}\$"
}

# missing CHECK...: doctor says missing of these checks and of no others.
missing() {
	assert_equal "$(jq -r '.[] | select(.state == "missing") | .check' <<<"$DOCTOR")" \
		"$(printf '%s\n' "$@")"
}
