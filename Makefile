# Makefile - build, run and test altledger; `make help` lists the targets.
SHELL := /bin/bash
CC := gcc
PKGS := libpq jansson libmicrohttpd libsecp256k1 libcurl zlib botan-2
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wformat=2 -Wimplicit-fallthrough -Wvla -Wundef -Wtrampolines -Wbidi-chars=any -Werror
HARDEN := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-clash-protection -fstack-protector-strong -fcf-protection=full \
          -fno-delete-null-pointer-checks -fno-strict-aliasing -fPIE
CPPFLAGS := -D_GNU_SOURCE -I.
CFLAGS_release := -std=c17 -O2 -g $(WARN) $(HARDEN)
CFLAGS_asan := -std=c17 -O1 -g $(WARN) -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_release := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
LDFLAGS_asan := -fsanitize=address,undefined
LIBS = $(shell pkg-config --libs $(PKGS)) -lgmp -lpthread
INCS = $(shell pkg-config --cflags $(PKGS))

SRC := $(filter-out api/main.c,$(wildcard ledger/core/*.c ledger/*.c ledger/mirror/*.c governance/*.c api/*.c api/*/*.c))
UNIT := $(wildcard tests/ledger/core/test_*.c tests/ledger/test_*.c tests/ledger/mirror/test_*.c tests/governance/test_*.c tests/api/test_*.c)

.PHONY: build unit clean
build: build/altledger

build/release/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(INCS) $(CFLAGS_release) -MMD -MP -c $< -o $@
build/asan/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(INCS) $(CFLAGS_asan) -MMD -MP -c $< -o $@
build/release/libaltledger.a: $(SRC:%.c=build/release/%.o)
	@rm -f $@; ar rcs $@ $^
build/asan/libaltledger.a: $(SRC:%.c=build/asan/%.o)
	@rm -f $@; ar rcs $@ $^
build/altledger: build/release/api/main.o build/release/libaltledger.a
	$(CC) $(LDFLAGS_release) $^ $(LIBS) -o $@
build/asan/altledger: build/asan/api/main.o build/asan/libaltledger.a
	$(CC) $(LDFLAGS_asan) $^ $(LIBS) -o $@
# One binary a test file: tests/ledger/core/test_amount.c -> build/asan/tests/ledger/core/test_amount
build/asan/tests/%: build/asan/tests/%.o build/asan/libaltledger.a
	$(CC) $(LDFLAGS_asan) $^ $(LIBS) -lcmocka -o $@
unit: $(UNIT:%.c=build/asan/%)
	@set -e; for t in $^; do $$t; done
clean:
	rm -rf build
-include $(shell find build -name '*.d' 2>/dev/null)
