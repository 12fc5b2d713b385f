#!/usr/bin/env bats
# Conflicting modes, all pairs: held and asked for by mmap, by MEMTYPE_RESERVE (ioremap*())
# and by memremap_pages(). Row T7 of the mm series: one rule decides, refused_pair() in
# helpers/common.bash. A request that the rule does not refuse gets the mode that is held,
# without an error. memremap_pages() asks for write-back, which the rule never refuses; over
# write-through and write-protected the kernel would warn (prot_sethuge()), so the module
# refuses these.

load helpers/common

setup_file() {
	need_region mmio
	need_pat
	need_memtype
}

LEN=0x200000

# Steps by which file $2 gets the range in mode $3, under the name $4; by() leaves
# them in STEPS, with what undoes them.
by() { # mmap|reserve|memremap FILE MODE NAME
	case $1 in
	mmap) STEPS=("set:$2,region=mmio,mode=$3" "$4=mmap:$2,len=$LEN" "munmap:$4") ;;
	reserve) STEPS=("$4=reserve:$2,region=mmio,len=$LEN,mode=$3" "release:$4") ;;
	memremap) STEPS=("$4=memremap:$2,len=$LEN" "release:$4") ;;
	esac
}

refused() { # mmap|reserve|memremap HELD ASKED
	[[ "$1 $2" != "memremap write-"@(through|protected) ]] || return 0
	refused_pair "$2" "$3"
}

# What the step says that asks.
answer() { # mmap|reserve|memremap HELD ASKED
	if refused "$@"; then
		case $1 in
		mmap) echo "mmap n: EINVAL" ;;
		*) echo "$1 n: EBUSY" ;;
		esac
	elif [[ $1 == reserve ]]; then
		echo "reserve n: $2"
	else
		echo "$1 n: ok"
	fi
}

# over HELD-BY HELD ASKED-BY ASKED...: each in turn over what is held.
over() {
	local held_by=$1 held=$2 asked_by=$3 asked steps=(a=open b=open) i=2 entry

	shift 3
	by "$held_by" a "$held" m
	steps+=("${STEPS[@]::${#STEPS[@]} - 1}")
	i=${#steps[@]}
	for asked; do
		by "$asked_by" b "$asked" n
		steps+=("${STEPS[@]::${#STEPS[@]} - 1}" list:mmio "${STEPS[-1]}")
	done
	try "${steps[@]}"

	entry="list mmio: 0x0-$LEN $held"
	for asked; do
		[[ $asked_by != mmap ]] || i=$((i + 1))
		assert_equal "$asked over $held: ${lines[i]}" \
			"$asked over $held: $(answer "$asked_by" "$held" "$asked")"
		line $((i + 2)) "$entry"
		i=$((i + 2))
		if ! refused "$asked_by" "$held" "$asked"; then
			line $((i + 1)) "$entry"
			i=$((i + 1))
		fi
		i=$((i + 1))
	done
	((i == ${#lines[@]})) || fail "more lines than expected: ${lines[*]:i}"
}

# register HELD-BY ASKED-BY MODE...: a test for each mode that is held.
register() {
	local held_by=$1 asked_by=$2 mode asked=("${MODES[@]}")

	shift 2
	local what="every mode"
	if [[ $asked_by == memremap ]]; then
		asked=(write-back)
		what=write-back
	fi
	for mode; do
		bats_test_function --description "T7: $asked_by of $what over $mode held by $held_by" \
			-- over "$held_by" "$mode" "$asked_by" "${asked[@]}"
	done
}

for holder in mmap reserve; do
	for asker in mmap reserve memremap; do
		register $holder $asker "${MODES[@]}"
	done
done
# No reservation but a mapping's can be write-protected.
register mmap memremap write-protected
# It asks for write-back, always.
for asker in mmap reserve; do
	register memremap $asker write-back
done

@test "T7: no refusal is symmetric" {
	local held asked symmetric=() refused=0

	for held in "${MODES[@]}"; do
		for asked in "${MODES[@]}"; do
			refused_pair "$held" "$asked" || continue
			refused=$((refused + 1))
			try a=open b=open "set:a,region=mmio,mode=$asked" "set:b,region=mmio,mode=$held" \
				m=mmap:a,len=0x1000 n=mmap:b,len=0x1000 leaf:n
			[[ ${lines[5]} == "mmap n: ok" ]] || symmetric+=("$held $asked")
			assert_regex "${lines[6]}" "^leaf n\\+0x0: pte $asked "
		done
	done
	assert_equal "${symmetric[*]}" ""
	assert_equal "$refused" 4
	behaviour "a mode is refused or granted by one rule" ok
}

# Two holders of two modes: whatever is asked for meets a conflict with one.
@test "T7: over two modes side by side nothing is granted" {
	local mode

	for mode in "${MODES[@]}"; do
		try a=open b=open c=open set:a,region=mmio,mode=write-combining \
			set:b,region=mmio,mode=write-back "set:c,region=mmio,mode=$mode" \
			m=mmap:a,len=0x1000 n=mmap:b,off=0x1000,len=0x1000 \
			o=mmap:c,len=0x2000 "p=reserve:c,region=mmio,len=0x2000,mode=$mode" list:mmio
		line 9 "mmap o: EINVAL"
		line 10 "reserve p: EBUSY"
		line 11 "list mmio: 0x0-0x1000 write-combining"
		line 12 "list mmio: 0x1000-0x2000 write-back"
		line 13 ""
	done
}

@test "T7: the mode is free again when the last of several holders is gone" {
	try a=open b=open set:a,region=mmio,mode=write-back m=mmap:a,len=0x1000 \
		n=mmap:a,len=0x1000 set:b,region=mmio,mode=write-combining o=mmap:b,len=0x1000 \
		munmap:m o=mmap:b,len=0x1000 munmap:n o=mmap:b,len=0x1000 leaf:o list:mmio
	line 7 "mmap o: EINVAL"
	line 9 "mmap o: EINVAL"
	line 11 "mmap o: ok"
	assert_regex "${lines[11]}" "^leaf o\+0x0: pte write-combining "
	line 13 "list mmio: 0x0-0x1000 write-combining"
}

@test "T7: the log says who was refused, and why" {
	try a=open k=kmsg b=open set:a,region=mmio,mode=write-back m=mmap:a,len=0x1000 \
		set:b,region=mmio,mode=write-combining n=mmap:b,len=0x1000 "log:k,has=PAT: "
	line 7 "mmap n: EINVAL"
	assert_regex "${lines[7]}" \
		'^log k: x86/PAT: pfnmap-try:[0-9]+ map pfn expected mapping type write-combining for \[mem 0x[0-9a-f]+-0x[0-9a-f]+\], got write-back$'
	line 9 ""
}

# The kernel looks for one mode that both have, and finds none.
@test "T7: memremap over two modes is refused" {
	try a=open r=reserve:a,region=mmio,len=0x1000,mode=write-combining \
		s=reserve:a,region=mmio,off=0x1000,len=0x1000,mode=uncached \
		"m=memremap:a,len=$LEN"
	line 2 "reserve r: write-combining"
	line 3 "reserve s: uncached"
	line 4 "memremap m: EINVAL"
}
