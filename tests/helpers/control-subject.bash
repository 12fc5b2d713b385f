# shellcheck shell=bash
# What all subjects that are not ours share (see zone-device.bash): tests ask the module about
# them through a file of the module's own, `ask`. Load this after the tests.

# The module can't find a page of another driver that nothing maps. So one mapping, `watch`, is
# there all the time, and its entry counts.
control_watch() { # FILE LENGTH: $REPLY is what opens it as file a
	REPLY=("a=file:$1" ask=open "watch=mmap:a,len=$2" "madvise:watch,advice=populate_read")
}

zd_look() { # OFFSET
	printf -v REPLY 'folio:watch,off=0x%x' "$1"
}

# The memory is in no region of ours.
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
