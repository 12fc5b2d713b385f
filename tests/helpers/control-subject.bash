# shellcheck shell=bash
# What subjects that are not ours have in common, see zone-device.bash: the module is
# asked about them through a file of its own, `ask`. Load this after the tests.

# Nobody can be asked about a page that is not mapped. So one mapping, `watch`, is there
# all the time, and counts.
control_watch() { # FILE LENGTH: $REPLY is what opens it as file a
	REPLY=("a=file:$1" ask=open "watch=mmap:a,len=$2" "madvise:watch,advice=populate_read")
}

zd_look() { # OFFSET
	printf -v REPLY 'folio:watch,off=0x%x' "$1"
}

# In no region of ours.
zd_place() { # OFFSET
	REPLY='pfn=other'
}

# As in zone-device.bash, but the parent always looks: a child has no entry of `watch`.
zd_step() { # STEP
	REPLY=$1
	case ${1##*/} in
	look) zd_look 0 ;;
	look:*) zd_look "${1##*look:}" ;;
	word:dax* | idle:dax* | zap:* | *via=b*) skip "asks our driver about its own memory" ;;
	esac
}
