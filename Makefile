# Everything one does with this tree. The kernel module is built by Kbuild, user space by CMake and
# the tests by the scripts in tests/; this file only calls them.

KERNEL      ?= $(shell uname -r)
KERNEL_DIR  ?= /lib/modules/$(KERNEL)/build
PREFIX      ?= /usr
DESTDIR     ?=
RELEASES    := bookworm trixie sid
LAB         := tests/lab

.DEFAULT_GOAL := help
.SUFFIXES:

help: ## show this
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- using it ---

module: ## build the kernel module for the running kernel (KERNEL=version for another)
	mkdir -p build/module
	cp -au kmod/. build/module/
	$(MAKE) -C $(KERNEL_DIR) M=$(CURDIR)/build/module modules

user: ## build library, tool and ip(8) plug-in
	cmake -S . -B build/release -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX=$(PREFIX)
	cmake --build build/release --parallel "$$(nproc)"

install: module user ## install the module for the running kernel, and user space
	$(MAKE) -C $(KERNEL_DIR) M=$(CURDIR)/build/module $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) modules_install
	DESTDIR=$(DESTDIR) cmake --install build/release
	$(if $(DESTDIR),,depmod $(KERNEL) && ldconfig)

deb: lab-packages ## build Debian packages for RELEASE=bookworm, trixie or sid, in build/deb/RELEASE
	@tests/packages/build $(or $(RELEASE),trixie)

demo: ## show a takeover in a virtual machine
	@tests/demo/run

# --- working on it ---

check: ## run all tests: unit, lint, and end to end on three kernels
	@tests/check all

check-quick: ## run the unit tests, lint, and end to end on one kernel
	@tests/check quick

check-debug: ## run the end-to-end tests on a kernel with KASAN, lockdep and kmemleak
	@tests/check debug

check-mutants: lab-trixie ## take one behaviour at a time away and show that tests notice (10 minutes)
	@tests/mutants/run

check-full: ## run what is too slow for every change: SMP debug kernel, mutants, packages, real time (hours)
	@tests/check full

check-pair: lab-trixie ## play reboots, a crash and upgrades with two whole Debian hosts on one wire
	@tests/pair/run trixie

bench-datapath: lab-trixie ## count the instructions that carp adds to each packet
	@tests/bench/datapath/run

bench-show: lab-trixie ## count the instructions of showing a thousand devices, beside ip(8)
	@tests/bench/show/run

unit: ## run the unit tests on this host, with sanitizers
	@tests/run-unit

fuzz: ## feed every parser what nobody should send, for FUZZ_SECONDS (60) each; needs clang
	@tests/fuzz/run $(FUZZ_SECONDS)

lint: ## look for bad style and likely bugs in the sources
	@tests/lint/run

fmt: ## format the C++ sources
	@tests/lint/run --fmt

abi: ## take libcarpnl's binary interface as it is now for the one that lint checks
	@tests/lint/run --update-abi

clean: ## remove what was built, but keep the lab's trees and downloads
	rm -rf build/unit build/fuzz build/release build/module build/lint build/check build/single build/mutants build/bench build/full
	rm -rf $(foreach release,$(RELEASES) debug debug-x86,$(addprefix build/lab/$(release)/,module user stage product))

distclean: ## remove everything that was built or downloaded
	rm -rf build

# --- the kernel lab ---

lab: $(addprefix lab-,$(RELEASES)) ## prepare and build everything that guests need

lab-bookworm lab-trixie lab-sid lab-debug lab-debug-x86: lab-%: lab-packages
	$(LAB)/build $*

lab-packages: ## install what the lab needs on this host
	@$(LAB)/host-packages

lab-selftest: lab-packages ## show that the lab notices what it must notice
	$(LAB)/prepare trixie
	$(LAB)/guest-image trixie
	$(LAB)/selftest trixie

e2e-bookworm e2e-trixie e2e-sid e2e-debug e2e-debug-x86: e2e-%: lab-%
	$(LAB)/e2e $*

.PHONY: help module user install deb demo check check-quick check-debug check-mutants check-full check-pair bench-datapath bench-show \
	unit fuzz lint fmt abi clean distclean lab lab-bookworm lab-trixie lab-sid lab-debug lab-debug-x86 lab-packages \
	lab-selftest e2e-bookworm e2e-trixie e2e-sid e2e-debug e2e-debug-x86
