# shellcheck shell=bash disable=SC2154 # lines is what try leaves
# Tests of private mappings of pfns: a write copies a page.

MODE=write-combining
REGION=mmio
OFF=0x10000	# where in REGION

# UML has neither this mode nor this region, and no bit that makes an entry special.
plain() {
	[[ ${TRACKING-} == *none && $MACHINE == x86_64 ]]
}

! plain || MODE=write-back REGION=ram

# Each word of the 4 pages is 3 more than the word before. W0 to W3 are the first words of the
# pages, as word: shows them.
# shellcheck disable=SC2034 # for the tests
W0=0x00001000 W1=0x00001c00 W2=0x00002800 W3=0x00003400

# cow <<-END
#	STEP	ANSWER
#	...
# END
#
# As check, but file `a` first maps 4 pages of $REGION in $MODE: shared, to fill them from W0
# on, then as `m`, private, with $PROT. In an ANSWER
#
#	DEV0	is the entry of page 0 when it maps the device; so DEV1 to DEV3
#	IDLE0	the same, in a process that has not touched it since it was forked
#	COPY	the entry of a copy: COPIED when written to, and SHARED when
#		another process has it too, or had
#	VMA1	what vma says if one VMA has the reservation; so VMA2, VMA3
#	LIST1	what list says of the reservations of one process; so LIST2, LIST3
cow() {
	local step want rows=''

	if [[ $TRACKING == *none ]]; then
		untracked_need
	else
		need_region "$REGION"
		need_pat
		need_copied_kept
	fi
	while read -r step want; do
		[[ -n $step ]] || continue
		[[ $TRACKING != *none ]] || untracked || continue
		rows+="$step $want"$'\n'
	done
	[[ -n $rows ]] || fail "cow: no rows"
	cow_terms
	check <<-END
		a=open
		set:a,region=$REGION,mode=$MODE
		n=mmap:a,off=$OFF,len=0x4000
		fill:n,val=$W0,inc=3
		munmap:n
		m=mmap:a,off=$OFF,len=0x4000,private,prot=${PROT:-rw}
		$rows
	END
}

# On a kernel that tracks nothing, tests run without their rows about reservations. On UML
# entries are not special, so the kernel finds the pages, and nobody counts them.
untracked_need() {
	if plain; then
		[[ $MODE == write-back && $REGION == ram ]] || skip "no other memory and modes here"
	else
		need_region "$REGION"
		[[ $MODE == @(write-back|write-combining|uncached) ]] || skip "no $MODE here"
	fi
}

# Changes $step and $want to what they are on such a kernel. Fails if it has no such row.
untracked() {
	case ${step#*/} in
	list:*) return 1 ;;
	madvise:*mergeable | madvise:*hugepage | madvise:*hwpoison | madvise:*soft_offline)
		want="@(${want:-ok}|EINVAL)" ;;
	esac
	plain || return 0
	step=${step//mmio/ram} want=${want//mmio/ram} want=${want// special}
	[[ ${step#*/} != folio:* ]] || want=${want/#ENODATA/"refs=1 mapcount=0 order=0 *"}
}

# Sets the terms of ANSWERs for the kernel under test.
cow_terms() {
	local n end page held reserved special=' special'

	! plain || special=''
	printf -v end 0x%x $((OFF + 0x4000))
	for n in 0 1 2 3; do
		printf -v page 'pte %s %s+0x%x' "$MODE" "$REGION" $((OFF + n * 4096))
		TERMS[DEV$n]="$page young$special"
		TERMS[IDLE$n]=$page$special
	done
	TERMS[COPY]="pte $MODE pfn=other"
	TERMS[COPIED]="${TERMS[COPY]} writable dirty young"
	TERMS[SHARED]="${TERMS[COPY]} dirty young"
	reserved="0x0-0x4000 $MODE"
	for n in 1 2 3; do
		TERMS[LIST$n]=$reserved
		case $TRACKING in
		*ctx) held="tracking=ctx refs=$n range=$REGION+$OFF-$end" ;;
		*none) held=tracking=none ;;
		*)
			held=tracking=vm_pat
			# Before 6.16 each process has a reservation of its own.
			reserved+=", 0x0-0x4000 $MODE"
			;;
		esac
		TERMS[VMA$n]="start=m+0x0 end=m+0x4000 mode=$MODE $held"
	done
}

# Without HAVE_GUP_FAST, pin_user_pages_fast() and vmsplice() go the slow way, which refuses
# every VMA of pfns.
need_fast_gup() {
	! plain || skip "no HAVE_GUP_FAST here"
}
