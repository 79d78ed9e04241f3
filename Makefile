# Makefile - build, run and test altledger; `make help` lists the targets.
#
# Everything that is made lies under $(B). Variants of one tree: release (hardened), asan (what the tests run on), fuzz
# (clang, libFuzzer). V=1 shows whole command lines.
VERSION := $(shell sed -n 's,.*ALTLEDGER_VERSION "\(.*\)".*,\1,p' ledger/core/version.h)
PREFIX ?= /usr/local
B ?= build
SHELL := /bin/bash
.SHELLFLAGS := -e -o pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SECONDARY:
Q := $(if $(V),,@)
say = @printf '  %-5s %s\n' '$(1)' '$(2)'

# ---- what is compiled -------------------------------------------------------------------------------------------

SRC := $(filter-out api/main.c,$(wildcard ledger/core/*.c ledger/*.c ledger/mirror/*.c governance/*.c api/*.c api/*/*.c))
UNIT := $(wildcard tests/ledger/core/test_*.c tests/ledger/test_*.c tests/ledger/mirror/test_*.c tests/governance/test_*.c \
                   tests/api/test_*.c)
DRIVERS := $(wildcard tests/*/drive_*.c tests/*/*/drive_*.c)
FUZZ := $(wildcard tests/fuzz/fuzz_*.c)
BENCH := $(wildcard tests/bench/*.c)

CC := gcc
PKGS := libpq jansson libmicrohttpd libcurl libsecp256k1 zlib botan-2
# Asked once, and only when something is compiled: pkg-config may not be installed before `make deps`.
INCS = $(eval INCS := $$(shell pkg-config --cflags $(PKGS)))$(INCS)
LIBS = $(eval LIBS := $$(shell pkg-config --libs $(PKGS)) -lgmp -lpthread)$(LIBS)

CPPFLAGS := -D_GNU_SOURCE -I.
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wformat=2 -Wimplicit-fallthrough -Wswitch-enum -Wvla -Wundef -Werror
WARN_gcc := -Wtrampolines -Wbidi-chars=any
# OpenSSF's compiler options, as far as gcc 12 has them. Asserts stay on: there is no -DNDEBUG anywhere.
HARDEN := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-clash-protection -fstack-protector-strong -fcf-protection=full \
          -ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing -fPIE
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CC_release := $(CC)
CC_asan := $(CC)
CC_fuzz := clang-14
CFLAGS_release := -std=c17 -O2 -g $(WARN) $(WARN_gcc) $(HARDEN)
CFLAGS_asan := -std=c17 -O1 -g $(WARN) $(WARN_gcc) $(SANITIZE)
CFLAGS_fuzz := -std=c17 -O1 -g $(WARN) -Wno-string-conversion $(SANITIZE) -fsanitize=fuzzer-no-link
LDFLAGS_release := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
LDFLAGS_asan := -fsanitize=address,undefined
LDFLAGS_fuzz := -fsanitize=fuzzer,address,undefined

# Objects depend on the flags they were made with, so a changed flag rebuilds and a changed Makefile alone does not.
define variant
$(B)/$(1)/flags: FORCE
	@mkdir -p $$(@D); printf '%s\n' "$$$$FLAGS" | cmp -s - $$@ || printf '%s\n' "$$$$FLAGS" > $$@
$(B)/$(1)/flags: export FLAGS = $$(CC_$(1)) $$(CPPFLAGS) $$(CFLAGS_$(1))
$(B)/$(1)/%.o: %.c $(B)/$(1)/flags
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(Q)$$(CC_$(1)) $$(CPPFLAGS) $$(INCS) $$(CFLAGS_$(1)) -MMD -MP -c $$< -o $$@
$(B)/$(1)/gen/%.o: $(B)/gen/%.c $(B)/$(1)/flags
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(Q)$$(CC_$(1)) $$(CPPFLAGS) $$(CFLAGS_$(1)) -MMD -MP -c $$< -o $$@
$(B)/$(1)/libaltledger.a: $$(SRC:%.c=$(B)/$(1)/%.o) $(B)/$(1)/gen/sql_files.o
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach v,release asan fuzz,$(eval $(call variant,$(v))))

# The migrations travel inside the program.
$(B)/gen/sql_files.c: sql/embed.sh $(sort $(wildcard sql/*.sql))
	@mkdir -p $(@D)
	$(call say,EMBED,$@)
	$(Q)bash $^ > $@

$(B)/altledger: $(B)/release/api/main.o $(B)/release/libaltledger.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_release) $^ $(LIBS) -o $@
$(B)/asan/altledger: $(B)/asan/api/main.o $(B)/asan/libaltledger.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_asan) $^ $(LIBS) -o $@
# One binary a test file: tests/ledger/core/test_amount.c -> build/asan/tests/ledger/core/test_amount
$(B)/asan/tests/%: $(B)/asan/tests/%.o $(B)/asan/tests/support/pg.o $(B)/asan/libaltledger.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_asan) $^ $(LIBS) -lcmocka -o $@
$(B)/release/tests/%: $(B)/release/tests/%.o $(B)/release/tests/support/pg.o $(B)/release/libaltledger.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_release) $^ $(LIBS) -lcmocka -o $@
# A fuzz target is linked twice: with libFuzzer for `make fuzz`, with tests/fuzz/replay.c to run its corpus as a test.
$(B)/fuzz/tests/fuzz/fuzz_%: $(B)/fuzz/tests/fuzz/fuzz_%.o $(B)/fuzz/libaltledger.a
	$(call say,LINK,$@)
	$(Q)$(CC_fuzz) $(LDFLAGS_fuzz) $^ $(LIBS) -o $@
$(B)/asan/tests/fuzz/fuzz_%: $(B)/asan/tests/fuzz/fuzz_%.o $(B)/asan/tests/fuzz/replay.o $(B)/asan/libaltledger.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_asan) $^ $(LIBS) -o $@
# clang-tidy's verdict on a file holds until its object is made anew, that is until it or a header of its changes.
$(B)/tidy/%.ok: %.c $(B)/release/%.o .clang-tidy
	@mkdir -p $(@D)
	$(call say,TIDY,$<)
	$(Q)clang-tidy-14 --quiet --warnings-as-errors='*' $< -- -std=c17 $(CPPFLAGS) $(INCS) 2>&1 | \
	    { grep -v ' warnings\? generated\.$$' || true; }
	@touch $@

# ---- targets ----------------------------------------------------------------------------------------------------

DEMO := ledger/mirror/networks/demo
NODE_MODULES := tests/node_modules/.package-lock.json

.PHONY: help run build test lint unit scenarios readme docker-test bench fuzz map format install clean deps deps-run docker tidy FORCE
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: deps-run ## install what is missing, build, mirror the demo chain and serve it on 127.0.0.1:8080 (Ctrl-C stops)
	@$(MAKE) -j$$(nproc) build
	@exec $(B)/altledger run --network $(DEMO).json --source $(DEMO).ndjson.gz --data var

build: $(B)/altledger ## make build/altledger

test: deps ## lint, unit, scenarios, readme and docker tests; ends with the count of all
	@MAKE='$(MAKE)' B='$(B)' tests/run-all lint unit scenarios readme docker-test

lint: tests/run-lint ## formatting, clang-tidy and the house's own rules; each complaint names its remedy
	@MAKE='$(MAKE)' B='$(B)' tests/run-lint

unit: $(UNIT:%.c=$(B)/asan/%) $(FUZZ:%.c=$(B)/asan/%) ## cmocka tests and fuzz corpora, under ASan and UBSan
	@B='$(B)' tests/run-unit $^

scenarios: build $(NODE_MODULES) $(DRIVERS:%.c=$(B)/asan/%) $(BENCH:%.c=$(B)/release/%) ## whole-program tests in Node, over HTTP and against a local Ethereum node
	@B='$(B)' tests/run-scenarios

readme: build $(NODE_MODULES) ## every command of the README, in a fresh copy
	@B='$(B)' tests/run-scenarios tests/readme.mjs

docker-test: ## build the image, start it, read a balance from it
	@B='$(B)' docker/test

docker: ## build the image altledger:VERSION with docker or buildah
	@docker/build 'altledger:$(VERSION)'

bench: build $(BENCH:%.c=$(B)/release/%) $(NODE_MODULES) ## measure, each figure beside its limit (FIGURES=..., BENCH_SCALE=0.1)
	@B='$(B)' tests/node_modules/.bin/node tests/bench/run.mjs $(FIGURES)

fuzz: $(FUZZ:%.c=$(B)/fuzz/%) ## fuzz each target for FUZZ_SECONDS (default 20)
	@B='$(B)' tests/fuzz/run $^

map: ## what each file is, by its own first line
	@tests/lint/map.sh

format: ## rewrite all C sources in the house's format
	@find api governance ledger tests -name node_modules -prune -o -name '*.[ch]' -print0 | xargs -0 clang-format-14 -i

install: build ## install under DESTDIR/PREFIX (default /usr/local)
	install -D -m 755 $(B)/altledger $(DESTDIR)$(PREFIX)/bin/altledger
	install -d $(DESTDIR)$(PREFIX)/share/altledger/networks $(DESTDIR)$(PREFIX)/share/doc/altledger
	install -m 644 ledger/mirror/networks/* $(DESTDIR)$(PREFIX)/share/altledger/networks/
	install -m 644 README.md $(DESTDIR)$(PREFIX)/share/doc/altledger/

clean: ## remove what was built (not var, where the data is)
	rm -rf $(B)

deps-run: ## install what building and running need
	@docker/deps build run server
deps: ## install what building, running and testing need
	@docker/deps build run server test
	@$(MAKE) $(NODE_MODULES)

tidy: $(patsubst %.c,$(B)/tidy/%.ok,$(SRC) api/main.c)

$(NODE_MODULES): tests/package-lock.json tests/package.json
	@echo 'npm ci in tests: Node, anvil, wallets, solc, OpenZeppelin, snapshot.js'
	$(Q)cd tests && npm ci --loglevel=error
	@touch $@

FORCE:
-include $(shell find $(B)/release $(B)/asan $(B)/fuzz -name '*.d' 2>/dev/null)
