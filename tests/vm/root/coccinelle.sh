#!/bin/bash
# Installs Coccinelle, whose rules `make lint` tests, into the build root. config.sh does not list
# Coccinelle among the root's packages: only lint needs it, and a change of the list would rebuild
# every root. Rules with Python load libpython3.*.so by this name, which is in the -dev package.
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/lib.sh"

packages=(coccinelle libpython3-dev)
main() {
	in_root dpkg -s "${packages[@]}" >/dev/null 2>&1 ||
		step "installing Coccinelle" in_root apt-get install -y \
			--no-install-recommends "${packages[@]}"
}
with_lock root main
