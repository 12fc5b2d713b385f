#!/bin/bash
# Installs Coccinelle, whose rules `make lint` tests, into the build root. It is not among the
# root's packages (config.sh): only lint needs it, and a root without it need not be built anew.
# Rules with Python load libpython3.*.so by that name, which is in the -dev package.
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/lib.sh"

packages=(coccinelle libpython3-dev)
main() {
	in_root dpkg -s "${packages[@]}" >/dev/null 2>&1 ||
		step "installing Coccinelle" in_root apt-get install -y \
			--no-install-recommends "${packages[@]}"
}
with_lock root main
