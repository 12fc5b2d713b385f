# Reads system.txt for system.bats, as loops of the shell take seconds inside of bats.
# system.bats passes values in the environment: SECTION is the part to read, TAGS the
# words of selectors that hold; the rest are values for the words in capitals.
#
# Prints the steps to run. With the output of these steps as a file before system.txt,
# prints the answers that are not as expected.
BEGIN {
	FS = "\t+"
	n = split(ENVIRON["TAGS"], words, " ")
	for (i = 1; i <= n; i++)
		tags[words[i]] = 1
}

function holds(selector,    words, n, i, word) {
	n = split(selector, words, "+")
	for (i = 1; i <= n; i++) {
		word = words[i]
		if (sub(/^!/, "", word) ? word in tags : !(word in tags))
			return 0
	}
	return 1
}

# The first answer whose selector holds, or that has none.
function answer(text,    parts, n, i, colon) {
	n = split(text, parts, / \| /)
	for (i = 1; i <= n; i++) {
		colon = index(parts[i], ": ")
		if (!colon)
			return parts[i]
		if (holds(substr(parts[i], 1, colon - 1)))
			return substr(parts[i], colon + 2)
	}
	return "some answer"
}

function expand(text, place) {
	gsub(/WRITTEN/, "ENTRY writable dirty young SPECIAL", text)
	gsub(/PROTECTED/, "ENTRY dirty young SPECIAL", text)
	gsub(/COPIED/, "COPY writable dirty young", text)
	gsub(/COPY/, ENVIRON["LEVEL"] " " ENVIRON["ASKED"] " pfn=other", text)
	gsub(/ENTRY/, ENVIRON["LEVEL"] " " ENVIRON["MODE"] " REGION+" place, text)
	gsub(/REGION/, ENVIRON["REGION"], text)
	gsub(/ ?SPECIAL/, ENVIRON["SPECIAL"], text)
	gsub(/START/, ENVIRON["START"], text)
	gsub(/LEN/, ENVIRON["LEN"], text)
	gsub(/HALF/, ENVIRON["HALF"], text)
	gsub(/NAME/, ENVIRON["NAME"], text)
	return text
}

# Does TEXT match PATTERN, a shell pattern?
function matches(text, pattern) {
	gsub(/[.+()|^$\\]/, "\\\\&", pattern)
	gsub(/\*/, ".*", pattern)
	gsub(/\?/, ".", pattern)
	return text ~ ("^" pattern "$")
}

FILENAME != ARGV[ARGC - 1] {
	# It does not matter whether soft-dirty bits are configured.
	sub(/ sd( |$)/, " ")
	sub(/ $/, "")
	# numa_maps writes a space in this way.
	gsub(/\\040/, " ")
	got[FNR] = substr($0, index($0, ": ") + 2)
	next
}

/^== / {
	inside = $0 == "== " ENVIRON["SECTION"]
}

inside && NF == 2 && !/^#/ {
	want = answer($2)
	if (want == "-")
		next
	steps++
	place = $1 ~ /off=HALF/ ? ENVIRON["HALF"] : "0x0"
	step = expand($1, place)
	want = expand(want, place)
	if (ARGC < 3)
		print step
	else if (!matches(got[steps], want))
		printf "# %s: %s: expected '%s', got '%s'\n", ENVIRON["TITLE"],
			step, want, got[steps]
}
