# shellcheck shell=bash disable=SC2154 # lines is what try leaves
# Controls that map pfns, too: the files of PCI devices' BARs, /dev/mem, and vfio-pci. A test runs
# the same steps on one of them and on our mmio region, mapped by the helper that the control uses.
# All answers have to be the same.

# The method that maps as the control does, and the step that opens the control as file a.
HELPER=io_remap_pfn_range OPEN=''

# Steps for as_ours: what wants the pages themselves, and advice.
# shellcheck disable=SC2034,SC2054 # for the tests; commas are of a step
PINNED=(m=mmap:a,off=OFF,len=0x2000 write:m,val=1 p=pin:m,slow p=pin:m,fast p=pin:m,either
	p=pin:m,slow,longterm p=pin:m,slow,write s=splice:m vmread:m vmwrite:m,val=2 munmap:m)
# shellcheck disable=SC2034,SC2054
ADVISED=(m=mmap:a,off=OFF,len=0x4000 write:m,val=3 madvise:m,advice=dontneed
	madvise:m,advice=free madvise:m,advice=populate_read madvise:m,advice=pageout
	madvise:m,advice=cold mlock:m munlock:m leaf:m munmap:m)

# control_pci SUFFIX MODE: a BAR by sysfs. Like control_devmem this sets the name of the control,
# its file, the offset in the file, the physical address there, and the mode that the file maps in.
control_pci() {
	local dev=${IVSHMEM%/*} bar=${IVSHMEM#*/} path

	[[ -n ${IVSHMEM:-} ]] || skip "no PCI device to try it on: set IVSHMEM=DDDD:BB:DD.F/BAR"
	path=/sys/bus/pci/devices/$dev/resource$bar$1
	target_has "$path" || skip "no $path"
	WHO=resourceN$1 FILE=$path OFFSET=0 MODE=$2
	read -r START _ < <(target_read "/sys/bus/pci/devices/$dev/resource" | sed -n "$((bar + 1))p")
}

# Memory reserved at boot that no driver has: STRICT_DEVMEM lets you map such memory.
control_devmem() {
	local range

	range=$(boot_reserved)
	on test -c /dev/mem || skip "no /dev/mem: no CONFIG_DEVMEM"
	[[ -n $range ]] || skip "no memory reserved at boot"
	WHO=/dev/mem FILE=/dev/mem MODE=write-back START=${range#*@} OFFSET=${range#*@}
}

# as_ours WHAT STEP...: `a` is the open file. In a step, OFF is the offset of the memory in the
# file, and AT+N the physical address N bytes into the memory.
as_ours() {
	local what=$1 step ours steps=()

	shift
	need_region mmio
	need_pat
	need_memtype

	for step; do
		step=${step//AT+/mmio+}
		steps+=("${step//OFF/0}")
	done
	# Other tests may have written to our region, and to the control's memory.
	try "a=${OPEN:-file:$FILE}" "m=mmap:a,off=$OFFSET,len=0x4000" write:m,off=0x1000,val=0 \
		write:m,off=0x3000,val=0
	try a=open word:mmio+0x1000,val=0 word:mmio+0x3000,val=0 \
		"set:a,region=mmio,method=$HELPER,mode=$MODE" "${steps[@]}"
	ours=$(printf '%s\n' "${lines[@]:4}" |
		sed -E '/^leaf/ s/ mmio\+0x[0-9a-f]+/ pfn=other/; s/mmio\+//g')
	# A mapping of a file in sysfs can't become executable (SB_I_NOEXEC), one in /dev can.
	[[ $FILE != /sys/* ]] || ours=${ours//" me "/" "}

	steps=()
	for step; do
		steps+=("$(absolute "${step//OFF/$OFFSET}")")
	done
	try ask=open "a=${OPEN:-file:$FILE}" "${steps[@]}"
	diff -U0 --label ours --label "$WHO" <(echo "$ours") <(relative "${lines[@]:2}")
	# Two subjects that refuse everything would be equal, too.
	[[ $ours == *"mmap m: ok"* ]]
	behaviour "$WHO: $what" same
}

absolute() { # STEP
	local text=$1 address

	while [[ $text =~ AT\+(0x[0-9a-f]+) ]]; do
		printf -v address 0x%x $((START + BASH_REMATCH[1]))
		text=${text/"${BASH_REMATCH[0]}"/"$address"}
	done
	echo "$text"
}

# Prints the lines with addresses in the first MiB of the memory counted from its start.
relative() { # LINE...
	local text head address

	for text; do
		head=
		while [[ $text =~ ^(.*[^0-9a-fx]|)(0x[0-9a-f]+)(.*)$ ]]; do
			address=${BASH_REMATCH[2]}
			if ((address >= START && address <= START + 0x100000)); then
				printf -v address 0x%x $((address - START))
			fi
			head=$address${BASH_REMATCH[3]}$head
			text=${BASH_REMATCH[1]}
		done
		echo "$text$head"
	done
}
