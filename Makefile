# SPDX-License-Identifier: GPL-2.0-only
# `make help` lists the goals. module/Kbuild builds the module, userspace/Makefile the programs, and
# tests/vm the guests.

# The kernel that `make` builds the module for: the running one, the installed one that
# KERNELRELEASE names, or the one of the tree KDIR.
of_tree	:= $(if $(KDIR),$(shell cat $(KDIR)/include/config/kernel.release 2>/dev/null))
release	:= $(or $(KERNELRELEASE),$(of_tree),$(shell uname -r))
kdir	:= $(or $(KDIR),/lib/modules/$(release)/build)
# A kernel that clang built needs modules that clang built.
tools	:= $(if $(shell grep -sx CONFIG_CC_IS_CLANG=y $(kdir)/include/config/auto.conf),LLVM=$(or $(LLVM),1))

# Settings that tests/vm reads from the environment.
export KERNELS KDIR KERNEL APPEND TESTS FINDINGS JOBS ACCEL PROFILE HOST RESTARTS RESTART_S BOOTS
# Bash has a SECONDS of its own: fuzz and storm pass these on by other names.
unexport SECONDS SEED GUESS CYCLES

.DEFAULT_GOAL := all

all: module userspace ## use: Build the programs, and the module for the running kernel (or KDIR=tree, KERNELRELEASE=an installed kernel)

module:
	$(if $(wildcard $(kdir)/Makefile),,$(error module: no headers in $(kdir): install those of kernel $(release) (docs/install.md), or name a built tree: make KDIR=~/linux))
	$(MAKE) -C $(kdir) $(tools) M=$(CURDIR)/module modules

userspace:
	$(MAKE) -C userspace BUILD=$(CURDIR)/build/userspace all

install: ## use: Install what `make` built below PREFIX=/usr/local (DESTDIR=folder): module, pfnmapctl, its manual page (needs scdoc) and completions, header, udev rule
	$(if $(wildcard module/pfnmap_test.ko),,$(error install: there is no module/pfnmap_test.ko: run `make` first))
	install -D -m 644 module/pfnmap_test.ko \
		$(DESTDIR)/lib/modules/$(release)/updates/pfnmap_test.ko
	$(MAKE) -C userspace BUILD=$(CURDIR)/build/userspace install
	$(if $(DESTDIR),,depmod $(release))

uninstall: ## use: Remove all that `make install` installed
	rm -f $(DESTDIR)/lib/modules/$(release)/updates/pfnmap_test.ko
	$(MAKE) -C userspace BUILD=$(CURDIR)/build/userspace uninstall
	$(if $(DESTDIR),,depmod $(release))

deb: ## release: Build the Debian packages in build/deb: pfnmap-test-dkms and pfnmap-test
	@tests/vm/root/packaging.sh deb

demo: ## look: Boot stock kernels under QEMU and show the module at work
	@tests/vm/run.sh demo

atlas: ## release: Boot each kernel (KERNELS) and write docs/atlas.md: what it makes of each mapping
	@tests/vm/run.sh atlas

findings: ## release: Reproduce the kernel's own faults, each in a guest (KERNELS, FINDINGS=name), and write docs/findings.md
	@tests/vm/run.sh findings

bench: ## release: Count the instructions of queries, mappings and faults (KERNELS) and write docs/performance.md
	@tests/vm/run.sh bench

check: ## test: Lint, then all tests: KUnit's, and bats' on each kernel (KERNELS='6.1 7.2' TESTS=regex, or KDIR=tree KERNEL=bzImage APPEND='...')
	@tests/vm/run.sh check

check-all: ## test: As check, but also on rt and cloud kernels, arm64, and every kernel of our own: hours
	@tests/vm/run.sh check-all

check-on: ## test: Run the tests on a machine reached by ssh: HOST=root@box (KDIR=tree that its kernel was built in; RESTART_S=seconds that it takes to reboot)
	@tests/vm/run.sh check-on

check-here: ## test: Run the tests on the running kernel (root)
	@tests/vm/host/needs.sh check-here
	$(MAKE) all
	$(MAKE) -C tests/vm/agent BUILD=$(CURDIR)/build/userspace/bin
	@tests/vm/run.sh check-here

check-deb: ## release: Build the Debian packages, and test in a guest what they install
	@tests/vm/run.sh deb

check-runner: ## test: Run the tests of the runner itself: no guest, seconds
	@tests/vm/selftest/all.py

plan: ## look: Print what `make check` would run: a row for each machine
	@tests/vm/run.sh plan

target: ## look: Boot a guest, for commands from another shell (KERNELS=7.2)
	@tests/vm/run.sh target

kernels: ## release: Write docs/kernels.md: the kernels on which all tests have run here
	@tests/vm/run.sh kernels

coverage: ## look: Show which lines of module and programs KUnit and bats run (TESTS=regex: only these bats tests): build/results/coverage.json, and HTML
	@tests/vm/run.sh coverage

kunit: ## test: Build a debug kernel and UML, and run the KUnit suites on them
	@tests/vm/run.sh kunit

kunit-py: ## test: Run the KUnit suites, built into a kernel by upstream's kunit.py (ARCH=um or x86_64, KTREE=~/linux, KUNIT_ARGS='pfnmap_cow')
	@kunit/kunit-py.sh $(KUNIT_ARGS)

fuzz: ## test: Do random operations for SECONDS=600, from SEED=N (a new one), on KERNELS=debug; with GUESS=1 beside threads that guess ids
	@FUZZ_SECONDS=$(or $(SECONDS),600) FUZZ_SEED=$(SEED) FUZZ_GUESS=$(GUESS) tests/vm/run.sh fuzz

storm: ## test: Load CYCLES=500 times, and do everything at once for SECONDS=600, on KERNELS=7.2 (BOOTS='added nodes' or all: on guests with other memory)
	@STORM_SECONDS=$(or $(SECONDS),600) STORM_CYCLES=$(or $(CYCLES),500) tests/vm/run.sh storm

shell: ## look: Boot a guest, load the module, and give its console (KERNELS=7.2)
	@tests/vm/run.sh shell

lint: ## test: Check the sources by checkpatch, sparse, W=1 and shellcheck, and what the documents name
	@tests/lint/run.sh

audit: ## look: Look for the traps of docs/patterns.md in the kernel sources of TREE=~/linux, or of a driver's folder (docs/audit.md)
	$(if $(TREE),,$(error audit: name what to look at: make audit TREE=~/linux))
	@tests/vm/host/needs.sh audit
	@tests/audit/audit.py $(TREE)

porting: ## release: Write docs/porting.md: the helpers by release, with snippets that compile on both sides
	@tests/porting/document.py

clean: ## use: Remove what was built here
	rm -rf build
	find module kunit -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
		-o -name '.*.cmd' -o -name 'answers.h*' -o -name Module.symvers -o -name modules.order | xargs -r rm -f

distclean: clean ## use: As clean, and remove the cache: build roots, kernels
	rm -rf --one-file-system "$${XDG_CACHE_HOME:-$$HOME/.cache}/pfnmap-test"

help: ## look: Print this list
	@awk -f tests/lint/help.awk $(firstword $(MAKEFILE_LIST))

.PHONY: all module userspace install uninstall deb demo atlas findings bench check check-all check-on check-here check-deb check-runner plan target kernels coverage kunit kunit-py fuzz storm shell lint audit porting clean distclean help
