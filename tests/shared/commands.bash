# shellcheck shell=bash
# The commands of pfnmapctl, from its own --help, so that tests forget none.

# commands [GROUP]: prints each command on a line. A name with commands below it is a group,
# and no command itself.
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
