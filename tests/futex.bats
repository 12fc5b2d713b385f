#!/usr/bin/env bats
# A futex in a device's memory, such as a lock that processes share. The kernel finds the
# waiters by the word's page, and its folio's mapping; a pfn has none. A private futex goes by
# the address alone.
# shellcheck disable=SC2034 # each_method reads what the functions set

load helpers/common
load helpers/methods
load shared/zone-device

# What get_futex_key() says of a page in a shared mapping. EEXIST leaks out of get_user_pages(),
# which means an entry without a page. get_futex_key() asks for a page to write to, so the
# driver replaces the huge zero folio.
shared_want() {
	local want=EFAULT

	case $KIND in
	special) want=EEXIST ;;
	folio | zero) want=0 ;;
	esac
	WANT=(ok "0x*" "$want" "${want/#0/EAGAIN}")
}

@test "futex: a shared one works where a folio has a mapping, by every method" {
	each_method shared_want read:m futexwake:m futexwait:m,val=77,timeout=1
}

private_want() {
	WANT=(ok ok 0 EAGAIN ETIMEDOUT)
}

@test "futex: a private one works in memory that each method maps" {
	each_method private_want write:m,val=0 futexwake:m,private \
		futexwait:m,val=77,private,timeout=1 futexwait:m,private,timeout=1
}

# waits LEVEL STEP...: maps a folio as m, forks child c, and runs the steps, in which c waits.
waits() {
	local level=$1

	shift
	zd_need "$level"
	zd_open "$level" a
	try "${REPLY[@]}" "m=mmap:a,len=${LEAF_BYTES[$level]}" write:m,off=0x800,val=5 fork:c "$@"
}

woken() { # LEVEL
	waits "$1" 'c&/futexwait:m,off=0x800,val=5' futexwake:m,off=0x800,timeout=8000 join:c
	assert_line "futexwait m+0x800: ok"
	assert_line "futexwake m+0x800: 1"
}
zd_register "futex: one process wakes another" woken

# The second mapping is by another file, at another address.
elsewhere() { # LEVEL
	zd_open "$1" b
	waits "$1" "${REPLY[@]}" "n=mmap:b,len=${LEAF_BYTES[$1]}" \
		'c&/futexwait:m,off=0x800,val=5' futexwake:n,off=0x800,timeout=8000 join:c
	assert_line "futexwait m+0x800: ok"
	assert_line "futexwake n+0x800: 1"
}
zd_register "futex: one process wakes another through a mapping of its own" elsewhere

# Each page of a folio has words of its own.
beside_it() { # LEVEL
	waits "$1" 'c&/futexwait:m,off=0x800,val=5,timeout=500' futexwake:m,off=0x1800,timeout=200 join:c
	assert_line "futexwait m+0x800: ETIMEDOUT"
	assert_line "futexwake m+0x1800: 0"
}
zd_register_at pmd "futex: who waits at one page is not woken at the next" beside_it

@test "futex: a private one does not reach another process" {
	waits pte 'c&/futexwait:m,off=0x800,val=5,private,timeout=500' \
		futexwake:m,off=0x800,private,timeout=200 join:c
	assert_line "futexwait m+0x800: ETIMEDOUT"
	assert_line "futexwake m+0x800: 0"
}

# A write replaces the pfn by an anonymous page, which GUP-fast takes in any mapping.
@test "futex: a shared one works in a private mapping of pfns once the page is a copy" {
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,mode=write-back
		m=mmap:a,len=0x1000,private
		read:m			0x*
		futexwake:m		EFAULT
		write:m,val=1
		futexwake:m		0
		futexwait:m,val=77	EAGAIN
	END
}
