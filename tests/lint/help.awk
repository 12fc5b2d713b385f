# Prints the goals of the Makefile by group, for `make help`. The line of a goal is
# GOAL: ... ## GROUP: TEXT.
BEGIN {
	n = split("use test look release", groups)
	WIDTH = 96
}
/^[a-z-]+:.*## [a-z]+: / {
	goal = text = $0
	sub(/:.*/, "", goal)
	sub(/.*## /, "", text)
	group = text
	sub(/:.*/, "", group)
	sub(/[a-z]+: /, "", text)
	lines[group] = lines[group] wrapped(goal, text)
}
END {
	for (i = 1; i <= n; i++)
		printf "%s%s:\n%s", (i > 1 ? "\n" : ""), groups[i], lines[groups[i]]
}

function wrapped(goal, text,    words, count, i, line, all) {
	line = sprintf("  make %-13s", goal)
	count = split(text, words, " ")
	for (i = 1; i <= count; i++) {
		if (length(line) + 1 + length(words[i]) > WIDTH) {
			all = all line "\n"
			line = sprintf("%20s", "")
		}
		line = line (line ~ /[^ ]$/ && i > 1 ? " " : "") words[i]
	}
	return all line "\n"
}
