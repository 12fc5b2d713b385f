# shellcheck shell=bash
# BASH_ENV of bats' own processes. For each test they make two folders and remove one: starting
# a program for each of these takes longer than all else that they do.
for builtin in mkdir rm; do
	enable -f "/usr/lib/bash/$builtin" "$builtin" 2>/dev/null || break
done
unset builtin
