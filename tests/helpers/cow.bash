# shellcheck shell=bash disable=SC2154 # lines is what try leaves
# Tests of private mappings of pfns: a write copies a page.

MODE=write-combining
REGION=mmio
OFF=0x10000	# where in it

# UML has neither mode nor region, and no bit that makes an entry special.
plain() {
	[[ ${TRACKING-} == *none && $MACHINE == x86_64 ]]
}

! plain || MODE=write-back REGION=ram

# Each word of the 4 pages is 3 more than the one before: these are what each page
# begins with, and its words as word: shows them.
# shellcheck disable=SC2034 # for the tests
W0=0x00001000 W1=0x00001c00 W2=0x00002800 W3=0x00003400

# cow STEP ANSWER [STEP ANSWER]...
#
# In one process, file `a` maps 4 pages of $REGION in $MODE: first shared, to fill them
# with W0 and on, then as `m`, private, with $PROT. Then come the steps. An ANSWER
# is a pattern of the shell's: what its step prints behind the first colon. That of
# list has all reservations, separated by commas. In an answer
#
#	DEV0	is the entry of page 0 when it maps the device; so DEV1 to DEV3
#	IDLE0	the same, in a process that has not touched it since it was forked
#	COPY	the entry of a copy: COPIED when written to, and SHARED when
#		another process has it too, or had
#	VMA1	what vma says if one VMA has the reservation; so VMA2, VMA3
#	LIST1	what list says of those of one process; so LIST2, LIST3
cow() {
	local steps=() wants=()

	if [[ $TRACKING == *none ]]; then
		untracked "$@"
	else
		need_region "$REGION"
		need_pat
		need_copied_kept
		while (($#)); do
			steps+=("$1")
			wants+=("$2")
			shift 2
		done
	fi
	try a=open "set:a,region=$REGION,mode=$MODE" "n=mmap:a,off=$OFF,len=0x4000" \
		"fill:n,val=$W0,inc=3" munmap:n \
		"m=mmap:a,off=$OFF,len=0x4000,private,prot=${PROT:-rw}" "${steps[@]}"
	answers 6
}

# Sets $steps and $wants from the arguments of cow for a kernel that tracks nothing: without
# what is about reservations. On UML entries are not special, so the kernel finds the pages,
# and nobody counts them.
untracked() {
	local step want

	if plain; then
		[[ $MODE == write-back && $REGION == ram ]] || skip "no other memory and modes here"
	else
		need_region "$REGION"
		[[ $MODE == @(write-back|write-combining|uncached) ]] || skip "no $MODE here"
	fi
	for ((; $#; )); do
		step=$1 want=$2
		shift 2
		case ${step#*/} in
		list:*) continue ;;
		madvise:*mergeable | madvise:*hugepage | madvise:*hwpoison | madvise:*soft_offline)
			want="@($want|EINVAL)" ;;
		esac
		if plain; then
			step=${step//mmio/ram} want=${want//mmio/ram} want=${want// special}
			[[ ${step#*/} != folio:* ]] || want=${want/#ENODATA/"refs=1 mapcount=0 order=0 *"}
		fi
		steps+=("$step")
		wants+=("$want")
	done
}

# answers N: the lines from the Nth on, counted from 0, answer $steps as in $wants.
answers() {
	local at=$1 i text wrong=''

	cow_terms
	for ((i = 0; i < at; i++)); do
		[[ ${lines[i]} == *": ok" ]] || wrong+="${lines[i]}"$'\n'
	done
	for ((i = 0; i < ${#steps[@]}; i++)); do
		text=${lines[at]-"nothing: none"}
		text=${text#*: }
		if [[ ${lines[at]-} == "list "* ]]; then
			while [[ ${lines[at + 1]-} == "${lines[at]%%: *}: "* ]]; do
				at=$((at + 1))
				text+=", ${lines[at]#*: }"
			done
		fi
		at=$((at + 1))
		cow_want "${wants[i]}"
		# shellcheck disable=SC2053 # a pattern
		[[ $text == $REPLY ]] ||
			wrong+="${steps[i]}: expected '$REPLY', got '$text'"$'\n'
	done
	assert_equal "$wrong" ""
	assert_equal "${#lines[@]}" "$at"
}

# What an answer is written in, of the kernel under test.
cow_terms() {
	local n end page copies=1 special=' special'

	! plain || special=''
	printf -v end 0x%x $((OFF + 0x4000))
	for ((n = 0; n < 4; n++)); do
		printf -v page 'pte %s %s+0x%x' "$MODE" "$REGION" $((OFF + n * 4096))
		printf -v "DEV$n" %s "$page young$special"
		printf -v "IDLE$n" %s "$page$special"
	done
	# shellcheck disable=SC2034 # read by its name
	COPY="pte $MODE pfn=other"
	for n in 1 2 3; do
		printf -v "LIST$n" '%s' "0x0-0x4000 $MODE"
		case $TRACKING in
		*ctx) printf -v "VMA$n" '%s' "start=m+0x0 end=m+0x4000 mode=$MODE tracking=ctx refs=$n range=$REGION+$OFF-$end" ;;
		*none) printf -v "VMA$n" '%s' "start=m+0x0 end=m+0x4000 mode=$MODE tracking=none" ;;
		*)
			printf -v "VMA$n" '%s' "start=m+0x0 end=m+0x4000 mode=$MODE tracking=vm_pat"
			# Before 6.16 each process has a reservation of its own.
			((n == 1)) || printf -v "LIST$n" '%s' "$copies, 0x0-0x4000 $MODE"
			local -n list=LIST$n
			copies=$list
			unset -n list
			;;
		esac
	done
}

cow_want() { # ANSWER: $REPLY is that without terms
	local term

	REPLY=$1
	REPLY=${REPLY//COPIED/"COPY writable dirty young"}
	REPLY=${REPLY//SHARED/"COPY dirty young"}
	for term in COPY DEV{0..3} IDLE{0..3} VMA{1..3} LIST{1..3}; do
		[[ $REPLY != *"$term"* ]] || REPLY=${REPLY//"$term"/"${!term}"}
	done
}

# pfn_of MAP [OFF]: the step that tells the very pfn, for a test to compare.
pfn_of() {
	echo "ioctl:a,nr=7,size=40,u64@24=$1+${2:-0},u64@32=?"
}

# Without it pin_user_pages_fast() and vmsplice() go the slow way, which no VMA of
# pfns lets them.
need_fast_gup() {
	[[ $TRACKING != *none ]] || skip "no HAVE_GUP_FAST here"
}
