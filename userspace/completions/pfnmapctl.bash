# Completion of pfnmapctl for bash; pfnmapctl itself knows what may come next.
_pfnmapctl() {
	local word words=()

	# bash splits --option=value into three words: leave out the =.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
		[[ $word == '=' ]] || words+=("$word")
	done
	word=${COMP_WORDS[COMP_CWORD]}
	[[ $word != '=' ]] || word='' words+=('')
	mapfile -t COMPREPLY < <(compgen -W \
		"$(pfnmapctl --complete "${words[@]}" 2>/dev/null | cut -f 1)" -- "$word")
}
complete -o default -F _pfnmapctl pfnmapctl
