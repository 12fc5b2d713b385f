# shellcheck shell=bash
# Prints as JSON what expect/atlas.txt asks of the kernel under test, and of the loaded module.
atlas_facts() {
	local wanted symbols

	wanted=$(awk '$1 == "when" && $3 == "symbol" { print $4 }' "$BATS_TEST_DIRNAME/expect/atlas.txt")
	symbols=$(on grep -oE " (${wanted//$'\n'/|})([[:space:]]|\$)" /proc/kallsyms |
		tr -d ' \t' | sort -u)
	info_json | jq --arg release "$RELEASE" --arg symbols "$symbols" \
		'{$release, symbols: ($symbols | split("\n")), info: .}'
}
