# shellcheck shell=bash disable=SC2154 # lines is what try leaves
# Tests of the huge zero folio.

load helpers/zone-device

# hz STEP ANSWER...: in one process, `z` is anonymous memory that has read a hole, so that
# the folio can be looked at. In an ANSWER, a pattern of the shell's of what its step
# prints behind the first colon,
#
#	ZERO	is the entry of the huge zero folio
#	SMALL	that of the zero page
hz() {
	local steps=() wants=() special=

	need_thp
	! since 6.18 || special=" special"
	while (($#)); do
		steps+=("$1")
		REPLY=${2//ZERO/"pmd write-back pfn=other young$special huge-zero"}
		wants+=("${REPLY//SMALL/"pte write-back pfn=other young special"}")
		shift 2
	done
	try a=open z=anon:len=0x200000 "${steps[@]}"
	zd_answers 2
}

# hole STEP ANSWER...: and `m` is 2 MiB of a file of ours that is a hole at first.
hole() {
	need_room dax 0x200000
	need_method huge_zero_folio
	hz set:a,region=dax,method=huge_zero_folio,mode=write-back,level=pmd ok \
		m=mmap:a,len=0x400000 ok "$@"
}

# same_answers STEP...: what these steps of hz said, counted from 0, is one thing.
same_answers() {
	local n first

	first=${lines[$1 + 2]#*: }
	for n; do
		assert_equal "${lines[n + 2]#*: }" "$first"
	done
}

need_thp() {
	local file=/sys/kernel/mm/transparent_hugepage

	# shellcheck disable=SC2016 # expanded there
	REPLY=$(target_shell 'cat "$1/enabled" "$1/use_zero_page"' $file 2>/dev/null) ||
		skip "no huge pages here: no CONFIG_TRANSPARENT_HUGEPAGE"
	[[ $REPLY != *"[never]"* ]] || skip "no huge pages here"
	[[ $REPLY == *$'\n1' ]] || skip "use_zero_page is off"
}
