#!/usr/bin/env bats
# Conflicting modes, all pairs: held and asked for by mmap, by MEMTYPE_RESERVE (ioremap*())
# and by memremap_pages(). Row T7 of docs/glossary.md: one rule decides, refused_pair().
# A request that the rule does not refuse gets the held mode,
# without an error. memremap_pages() asks for write-back, which the rule never refuses. Over
# write-through and write-protected the kernel would warn (prot_sethuge()), so the module
# refuses these.

load helpers/common

setup_file() {
	need_region mmio
	need_pat
	need_memtype
}

LEN=0x200000

# is_new_memtype_allowed() says for every request which mode may be had where another one is
# held.
refused_pair() { # HELD ASKED
	case "$1 $2" in
	"write-back write-combining" | "write-back uncached-minus" | "write-back write-through") return 0 ;;
	"write-combining write-through") return 0 ;;
	esac
	return 1
}

# by HOLDER FILE MODE NAME ANSWER: $REPLY is rows by which FILE gets the range in MODE, as
# NAME, and $UNDO the step that undoes them.
by() {
	case $1 in
	mmap)
		REPLY="set:$2,region=mmio,mode=$3"$'\n'"$4=mmap:$2,len=$LEN $5"
		UNDO=munmap:$4
		;;
	reserve)
		REPLY="$4=reserve:$2,region=mmio,len=$LEN,mode=$3 $5"
		UNDO=release:$4
		;;
	memremap)
		REPLY="$4=memremap:$2,len=$LEN $5"
		UNDO=release:$4
		;;
	esac
}

refused() { # mmap|reserve|memremap HELD ASKED
	[[ "$1 $2" != "memremap write-"@(through|protected) ]] || return 0
	refused_pair "$2" "$3"
}

# $REPLY: what a step says that asks for a mode over a held one.
answer() { # mmap|reserve|memremap HELD ASKED
	REPLY=ok
	if refused "$@"; then
		REPLY=EBUSY
		[[ $1 != mmap ]] || REPLY=EINVAL
	elif [[ $1 == reserve ]]; then
		REPLY=$2
	fi
}

# over HELD-BY HELD ASKED-BY ASKED...: asks for each mode in turn over the held one.
over() {
	local held_by=$1 held=$2 asked_by=$3 asked first rows='' listed

	shift 3
	answer "$held_by" "$held" "$held"
	by "$held_by" a "$held" m "$REPLY"
	first=$REPLY
	for asked; do
		answer "$asked_by" "$held" "$asked"
		by "$asked_by" b "$asked" n "$REPLY"
		rows+=$REPLY$'\n'
		listed="0x0-$LEN $held"
		if refused "$asked_by" "$held" "$asked"; then
			rows+="list:mmio $listed"$'\n'
		else
			rows+="list:mmio $listed, $listed"$'\n'$UNDO$'\n'
		fi
	done
	check <<-END
		a=open
		b=open
		$first
		$rows
	END
}

# register HELD-BY ASKED-BY MODE...: registers a test for each held mode.
register() {
	local held_by=$1 asked_by=$2 mode asked=("${MODES[@]}")

	shift 2
	local what="every mode"
	if [[ $asked_by == memremap ]]; then
		asked=(write-back)
		what=write-back
	fi
	for mode; do
		bats_test_function --description "T7: one rule decides what $asked_by of $what gets over $mode held by $held_by" \
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
# memremap_pages() always asks for write-back.
for asker in mmap reserve; do
	register memremap $asker write-back
done

@test "T7: no refusal is symmetric" {
	local held asked symmetric=() refused=0

	for held in "${MODES[@]}"; do
		for asked in "${MODES[@]}"; do
			refused_pair "$held" "$asked" || continue
			refused=$((refused + 1))
			check <<-END
				a=open
				b=open
				set:a,region=mmio,mode=$asked
				set:b,region=mmio,mode=$held
				m=mmap:a,len=0x1000
				n=mmap:b,len=0x1000	=granted *
				leaf:n			pte $asked *
			END
			[[ ${SAID[granted]} == ok ]] || symmetric+=("$held $asked")
		done
	done
	assert_equal "${symmetric[*]}" ""
	assert_equal "$refused" 4
	behaviour "a mode is refused or granted by one rule" ok
}

# Two holders have two modes: every mode conflicts with one of them.
@test "T7: over two modes side by side nothing is granted" {
	local mode

	for mode in "${MODES[@]}"; do
		check <<-END
			a=open
			b=open
			c=open
			set:a,region=mmio,mode=write-combining
			set:b,region=mmio,mode=write-back
			set:c,region=mmio,mode=$mode
			m=mmap:a,len=0x1000
			n=mmap:b,off=0x1000,len=0x1000
			o=mmap:c,len=0x2000				EINVAL
			p=reserve:c,region=mmio,len=0x2000,mode=$mode	EBUSY
			list:mmio					0x0-0x1000 write-combining, 0x1000-0x2000 write-back
		END
	done
}

@test "T7: the mode is free again when the last of several holders is gone" {
	check <<-END
		a=open
		b=open
		set:a,region=mmio,mode=write-back
		m=mmap:a,len=0x1000
		n=mmap:a,len=0x1000
		set:b,region=mmio,mode=write-combining
		o=mmap:b,len=0x1000	EINVAL
		munmap:m
		o=mmap:b,len=0x1000	EINVAL
		munmap:n
		o=mmap:b,len=0x1000
		leaf:o			pte write-combining *
		list:mmio		0x0-0x1000 write-combining
	END
}

@test "T7: the log says who was refused, and why" {
	local why='map pfn expected mapping type write-combining for [[]mem 0x*-0x*], got write-back'

	check <<-END
		a=open
		k=kmsg
		b=open
		set:a,region=mmio,mode=write-back
		m=mmap:a,len=0x1000
		set:b,region=mmio,mode=write-combining
		n=mmap:b,len=0x1000	EINVAL
		log:k,has=PAT		x86/PAT: pfnmap-try:* $why
	END
}

# The kernel looks for one mode that both ranges have, and finds none.
@test "T7: memremap over two modes is refused" {
	check <<-END
		a=open
		r=reserve:a,region=mmio,len=0x1000,mode=write-combining		write-combining
		s=reserve:a,region=mmio,off=0x1000,len=0x1000,mode=uncached	uncached
		m=memremap:a,len=$LEN						EINVAL
	END
}
