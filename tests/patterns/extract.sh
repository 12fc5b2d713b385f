#!/bin/bash
# extract.sh FOLDER: each file of module/patterns/, unchanged, as a driver of its own that
# stands alone in FOLDER/NAME/. Beside the pattern, its headers, compat.h and probes/ there is
# the stub: this folder's driver.c, and as memory.h what gets the memory, by the first region
# that the pattern is for. FOLDER/Kbuild makes all at once.
set -euo pipefail
shopt -s inherit_errexit
from=$(cd "$(dirname "$0")" && pwd)
module=$from/../../module

# The stub is to be less than this, in lines, of each driver.
MOST=150

# What patterns/list.h says of a method, CONDITION, and of its name.
condition() { # NAME
	sed -nE "s/^PATTERN\([A-Z_]+, $1, (.*)\)$/\1/p" "$module/patterns/list.h"
}

# The objects of a file; all have the same memory.
names() { # FILE
	sed -nE 's/^const struct pfnmap_pattern pfnmap_([a-z_]+) = \{$/\1/p' "$1"
}

region() { # FILE
	grep -m1 -oE 'PFNMAP_TEST_REGION_[A-Z]+' "$1" | sed 's/.*_//' | tr '[:upper:]' '[:lower:]'
}

# Where RAM is encrypted, no helper by fault knows that a device's memory is not.
encryption_told() { # FILE
	! grep -q PFNMAP_TEST_REGION_MMIO "$1" || ! grep -q PFNMAP_TEST_DESC_FAULT "$1" ||
		grep -qF 'pgprot_decrypted(' "$1" ||
		{ echo "$1 maps I/O memory by fault, and says nothing of pgprot_decrypted()"; return 1; }
}

extract() { # FILE NAME
	local to=$folder/$2 have kbuild lines
	have=$(condition "$2")
	[ -n "$have" ] || { echo "patterns/list.h has no $2"; return 1; }
	mkdir "$to"
	cp "$from/driver.c" "$to/"
	cp "$from/$(region "$1").h" "$to/memory.h"
	kbuild=$(<"$from/Kbuild")
	kbuild=${kbuild//@NAME@/$2}
	kbuild=${kbuild/@FILE@/$(basename "$1" .c)}
	printf '%s\n' "${kbuild/@HAVE@/"$have"}" >"$to/Kbuild"
	lines=$(cat "$to"/* | wc -l)
	[ "$lines" -lt "$MOST" ] || { echo "$2: the stub has $lines lines, $MOST or more"; return 1; }
	cp "$1" "$module"/patterns/*.h "$module/compat.h" "$to/"
	mkdir "$to/uapi" "$to/probes"
	cp "$module"/probes/*.c "$module"/probes/{ask.sh,probe.h,probes.mk} "$to/probes/"
	cp "$module/uapi/pfnmap_test.h" "$to/uapi/"
	printf 'obj-m += %s/\n' "$2" >>"$folder/Kbuild"
}

folder=$1
mkdir -p "$folder"
: >"$folder/Kbuild"
for file in "$module"/patterns/*.c; do
	all=$(names "$file")
	[ -n "$all" ] || { echo "$file has no pattern"; exit 1; }
	encryption_told "$file"
	for name in $all; do
		extract "$file" "$name"
	done
done
