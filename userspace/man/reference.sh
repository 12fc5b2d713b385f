#!/bin/sh
# reference.sh PFNMAPCTL: the manual page's text on commands and options, in scdoc's notation.
# The text is each command's --help.
set -eu
export ARGP_HELP_FMT=rmargin=1000 LC_ALL=C
pfnmapctl=$1
every=$("$pfnmapctl" --help | grep '^  *-')

# Leaves out options that all commands have. Escapes _ and *, which mean something to scdoc. A blank
# line ends a paragraph of the text.
section() { # WORD...
	"$pfnmapctl" "$@" --help | awk -v every="$every" '
		BEGIN {
			count = split(every, lines, "\n")
			for (i = 1; i <= count; i++)
				known[lines[i]] = 1
		}
		$0 in known || /^Mandatory or optional/ || /^Commands/ || /^  [a-z]/ { next }
		/^ .*:$/ { print substr($0, 2) "\n"; next }
		{ gsub(/[_*\\]/, "\\\\&") }
		/^Usage: / { print "## " substr($0, 8) "\n"; next }
		/^  / {
			text = $0
			sub(/^ *(-., )?--[^ ]+ +/, "", text)
			name = substr($0, 1, length($0) - length(text))
			gsub(/^ +| +$/, "", name)
			gsub(/-[^ =,]+/, "*&*", name)
			sub(/=.*/, "&_", name)
			sub(/=/, "=_", name)
			print name "\n\t" text "\n"
			next
		}
		NF { print; paragraph = 1; next }
		paragraph { print ""; paragraph = 0 }
		END { if (paragraph) print "" }'
}

# A command with subcommands has no section of its own.
commands() { # WORD...
	for name in $("$pfnmapctl" --complete "$@" '' | cut -f 1); do
		case $name in
		-*) ;;
		*)
			[ -n "$(below "$@" "$name")" ] || section "$@" "$name"
			commands "$@" "$name"
			;;
		esac
	done
}

below() { "$pfnmapctl" --complete "$@" '' | grep '^[a-z]' || true; }

case ${2:-commands} in
commands) commands ;;
options) every='' && section | sed 1,2d ;;
esac
