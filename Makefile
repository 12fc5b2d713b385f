# SPDX-License-Identifier: GPL-2.0-only
# `make help` tells what can be made. The module's own makefile is module/Kbuild,
# the programs' userspace/Makefile; guests are tests/vm's business.

# The kernel to build for outside of guests: the running one, the installed one that is
# named (KERNELRELEASE), or the tree KDIR.
release	:= $(or $(KERNELRELEASE),$(shell uname -r))
kdir	:= $(or $(KDIR),/lib/modules/$(release)/build)
# What clang built takes modules that clang built.
tools	:= $(if $(shell grep -sx CONFIG_CC_IS_CLANG=y $(kdir)/include/config/auto.conf),LLVM=$(or $(LLVM),1))

# What tests/vm takes from the environment, if set here.
export KERNELS KDIR KERNEL APPEND TESTS FINDINGS JOBS ACCEL PROFILE HOST RESTARTS RESTART_S
# Bash has a SECONDS of its own.
unexport SECONDS SEED CYCLES

.DEFAULT_GOAL := all

all: module userspace ## Build the module for the running kernel (or KDIR=...) and the programs

module:
	$(MAKE) -C $(kdir) $(tools) M=$(CURDIR)/module modules

userspace:
	$(MAKE) -C userspace BUILD=$(CURDIR)/build/userspace all

install: ## Install what `make` built, for PREFIX=/usr/local: module, pfnmapctl, its manual page (scdoc) and completions, header, udev rule (DESTDIR)
	install -D -m 644 module/pfnmap_test.ko \
		$(DESTDIR)/lib/modules/$(release)/updates/pfnmap_test.ko
	$(MAKE) -C userspace BUILD=$(CURDIR)/build/userspace install
	$(if $(DESTDIR),,depmod $(release))

uninstall: ## Take all of it away again
	rm -f $(DESTDIR)/lib/modules/$(release)/updates/pfnmap_test.ko
	$(MAKE) -C userspace BUILD=$(CURDIR)/build/userspace uninstall
	$(if $(DESTDIR),,depmod $(release))

deb: ## Debian packages, in build/deb: pfnmap-test-dkms and pfnmap-test
	@tests/vm/root/packaging.sh deb

demo: ## Boot stock kernels under QEMU and see the module at work
	@tests/vm/run.sh demo

atlas: ## Boot each kernel (KERNELS) and write what it makes of each mapping to docs/atlas.md
	@tests/vm/run.sh atlas

findings: ## Reproduce the kernel's own faults, each in a guest (KERNELS, FINDINGS=name), and write docs/findings.md
	@tests/vm/run.sh findings

bench: ## Count the instructions of queries, mappings and faults (KERNELS) and write docs/performance.md
	@tests/vm/run.sh bench

check: ## Lint, then run all tests: KUnit's, and bats' on each kernel (KERNELS='6.1 7.2' TESTS=regex, or KDIR=tree KERNEL=bzImage APPEND='...')
	@tests/vm/run.sh check

check-all: ## As check, and on rt and cloud kernels, on every kernel of our own, and arm64: hours
	@tests/vm/run.sh check-all

check-on: ## Run the tests on a machine reached by ssh: HOST=root@box (KDIR=tree that its kernel was built in; RESTART_S=seconds that it takes to reboot)
	@tests/vm/run.sh check-on

check-here: ## Run the tests on the running kernel (root)
	@tests/vm/host/needs.sh check-here
	$(MAKE) all
	$(MAKE) -C tests/vm/agent BUILD=$(CURDIR)/build/userspace/bin
	@tests/vm/run.sh check-here

check-deb: ## Build the Debian packages, and test what they install, in a guest
	@tests/vm/run.sh deb

check-runner: ## The tests of what runs the tests: no guest, seconds
	@tests/vm/selftest/all.py

plan: ## What `make check` would run: a row for each machine
	@tests/vm/run.sh plan

target: ## A guest to work with from another shell (KERNELS=7.2)
	@tests/vm/run.sh target

kernels: ## docs/kernels.md, of the kernels on which all tests have run here
	@tests/vm/run.sh kernels

coverage: ## Which lines of module and programs KUnit and bats run (TESTS=regex of bats' alone): build/results/coverage.json, and HTML
	@tests/vm/run.sh coverage

kunit: ## Build a kernel that watches itself, boot it and run the KUnit suites
	@tests/vm/run.sh kunit

kunit-py: ## The KUnit suites built in, by upstream's kunit.py (ARCH=um or x86_64, KTREE=~/linux, KUNIT_ARGS='pfnmap_cow')
	@kunit/kunit-py.sh $(KUNIT_ARGS)

fuzz: ## Operations at random for SECONDS=600, from SEED=N (a new one), on KERNELS=debug
	@FUZZ_SECONDS=$(or $(SECONDS),600) FUZZ_SEED=$(SEED) tests/vm/run.sh fuzz

storm: ## Everything at once for SECONDS=600, and CYCLES=500 loads, on KERNELS=7.2
	@STORM_SECONDS=$(or $(SECONDS),600) STORM_CYCLES=$(or $(CYCLES),500) tests/vm/run.sh storm

shell: ## An interactive guest with the module loaded (KERNELS=7.2)
	@tests/vm/run.sh shell

lint: ## checkpatch, sparse, W=1, shellcheck, and what documents name
	@tests/lint.sh

clean: ## Remove what was built here
	rm -rf build
	find module kunit -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
		-o -name '.*.cmd' -o -name 'answers.h*' -o -name Module.symvers -o -name modules.order | xargs -r rm -f

distclean: clean ## And the cache: root file system, kernels
	rm -rf --one-file-system "$${XDG_CACHE_HOME:-$$HOME/.cache}/pfnmap-test"

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: all module userspace install uninstall deb demo atlas findings bench check check-all check-on check-here check-deb check-runner plan target kernels coverage kunit kunit-py fuzz storm shell lint clean distclean help
