# Completion of pfnmapctl for fish; pfnmapctl itself knows what may come next.
function __pfnmapctl
	pfnmapctl --complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null
end
# Complete files only where pfnmapctl knows nothing.
complete -c pfnmapctl -f -n '__pfnmapctl | string length -q' -a '(__pfnmapctl)'
