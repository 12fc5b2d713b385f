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

all: module userspace ## use: Build the programs, and the module for the running kernel (or KDIR=tree, KERNELRELEASE=an installed kernel)

module:
	$(if $(wildcard $(kdir)/Makefile),,$(error module: no headers in $(kdir): install those of kernel $(release) (docs/install.md), or name a built tree: make KDIR=~/linux))
	$(MAKE) -C $(kdir) $(tools) M=$(CURDIR)/module modules

userspace:
	$(MAKE) -C userspace BUILD=$(CURDIR)/build/userspace all

install: ## use: Install what `make` built below PREFIX=/usr/local (DESTDIR=folder): module, pfnmapctl, its manual page (needs scdoc) and completions, header, udev rule
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

check-all: ## test: As check, and on rt and cloud kernels, on every kernel of our own, and arm64: hours
	@tests/vm/run.sh check-all

check-on: ## test: The tests on a machine reached by ssh: HOST=root@box (KDIR=tree that its kernel was built in; RESTART_S=seconds that it takes to reboot)
	@tests/vm/run.sh check-on

check-here: ## test: The tests on the running kernel (root)
	@tests/vm/host/needs.sh check-here
	$(MAKE) all
	$(MAKE) -C tests/vm/agent BUILD=$(CURDIR)/build/userspace/bin
	@tests/vm/run.sh check-here

check-deb: ## release: Build the Debian packages, and test in a guest what they install
	@tests/vm/run.sh deb

check-runner: ## test: The tests of the runner itself: no guest, seconds
	@tests/vm/selftest/all.py

plan: ## look: What `make check` would run: a row for each machine
	@tests/vm/run.sh plan

target: ## look: A guest for commands from another shell (KERNELS=7.2)
	@tests/vm/run.sh target

kernels: ## release: Write docs/kernels.md: the kernels on which all tests have run here
	@tests/vm/run.sh kernels

coverage: ## look: Which lines of module and programs KUnit and bats run (TESTS=regex of bats' alone): build/results/coverage.json, and HTML
	@tests/vm/run.sh coverage

kunit: ## test: Build a debug kernel and UML, and run the KUnit suites on them
	@tests/vm/run.sh kunit

kunit-py: ## test: The KUnit suites built in, by upstream's kunit.py (ARCH=um or x86_64, KTREE=~/linux, KUNIT_ARGS='pfnmap_cow')
	@kunit/kunit-py.sh $(KUNIT_ARGS)

fuzz: ## test: Random operations for SECONDS=600, from SEED=N (a new one), on KERNELS=debug
	@FUZZ_SECONDS=$(or $(SECONDS),600) FUZZ_SEED=$(SEED) tests/vm/run.sh fuzz

storm: ## test: Everything at once for SECONDS=600, and CYCLES=500 loads, on KERNELS=7.2
	@STORM_SECONDS=$(or $(SECONDS),600) STORM_CYCLES=$(or $(CYCLES),500) tests/vm/run.sh storm

shell: ## look: A guest's console, with the module loaded (KERNELS=7.2)
	@tests/vm/run.sh shell

lint: ## test: checkpatch, sparse, W=1, shellcheck, and what the documents name
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

distclean: clean ## use: Remove the cache too: build roots, kernels
	rm -rf --one-file-system "$${XDG_CACHE_HOME:-$$HOME/.cache}/pfnmap-test"

help: ## look: This list
	@awk -f tests/lint/help.awk $(firstword $(MAKEFILE_LIST))

.PHONY: all module userspace install uninstall deb demo atlas findings bench check check-all check-on check-here check-deb check-runner plan target kernels coverage kunit kunit-py fuzz storm shell lint audit porting clean distclean help
