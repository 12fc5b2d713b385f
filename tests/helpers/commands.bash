# shellcheck shell=bash
# What pfnmapctl can be asked to do, as it says itself, so that none is forgotten.

# commands [GROUP]: each on a line; one that has commands below it is none itself.
commands() {
	local name below

	# shellcheck disable=SC2086 # words
	pfnmapctl ${1-} --help | awk '
		/^Commands/ { list = 1; next }
		!/^  / { list = 0 }
		list { print $1 }' | while read -r name; do
		below=$(commands "${1:+$1 }$name" </dev/null)
		echo "${below:-${1:+$1 }$name}"
	done
}
