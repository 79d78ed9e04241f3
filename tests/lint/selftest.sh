#!/bin/bash
# tests/lint/selftest.sh - plants one violation of every rule of lint.sh in a copy of the tree, one at a time, and sees it caught.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree
# A small tree that keeps every rule: what lint.sh says of it must not hang on the state of the real one.
plain() {
    rm -rf "$tree"
    mkdir -p "$tree"/{ledger/core,ledger/mirror,governance,api,sql,tests/lint}
    printf '/* %s - a clean file. */\n#include <stdint.h>\n' ledger/core/a.c > "$tree/ledger/core/a.c"
    printf '/* %s - a clean file. */\n#include "ledger/core/a.h"\nenum kind { KIND_ONE, KIND_TWO };\n' ledger/b.h > "$tree/ledger/b.h"
    printf -- '-- %s - a clean file.\nSELECT 1;\n' sql/0001_a.sql > "$tree/sql/0001_a.sql"
    printf '# Title\n<!-- map -->\n```text\n```\n<!-- /map -->\n' > "$tree/README.md"
    (cd "$tree" && map=$("$OLDPWD/tests/lint/map.sh" .) perl -0pi -e 's/```text\n/```text\n$ENV{map}\n/' README.md)
}
passed=0 failed=0
caught() { # RULE FILE LINE...: with these lines added to FILE, RULE fails and every other rule but the map's holds
    local rule=$1 file=$2
    shift 2
    plain
    [ -e "$tree/$file" ] || printf '/* %s - a planted file. */\n' "$file" > "$tree/$file"
    printf '%s\n' "$@" >> "$tree/$file"
    verdict "$rule" "$(tests/lint/lint.sh "$tree" | sed -n 's/^FAIL  //p' | grep -v '^the map')"
}
verdict() { # RULE FAILED-RULES
    if [ "$2" = "$1" ]; then
        passed=$((passed + 1))
        echo "ok    selftest: ${1:-a clean tree passes}"
    else
        failed=$((failed + 1))
        echo "FAIL  selftest: ${1:-a clean tree passes}: failed rules were '$2'"
    fi
}

plain
verdict '' "$(tests/lint/lint.sh "$tree" | sed -n 's/^FAIL  //p')"
caught 'include direction' ledger/core/a.c '#include "ledger/b.h"'
caught 'include direction' ledger/b.c '#include "ledger/mirror/c.h"'
caught 'include direction' governance/g.c '#include "ledger/mirror/c.h"'
caught 'include direction' ledger/mirror/m.c '#include "api/c.h"'
caught 'include direction' ledger/b.c '#include "b.h"'
caught 'one library one file: PostgreSQL' ledger/b.c '#include <libpq-fe.h>'
caught 'one library one file: JSON' api/p.c '#include <jansson.h>'
caught 'one library one file: wide integers' ledger/b.c '#include <gmp.h>'
caught 'one library one file: Keccak' ledger/b.c '#include <botan/ffi.h>'
caught 'one library one file: gzip' ledger/mirror/m.c '#include <zlib.h>'
caught 'one library one file: signatures' governance/g.c '#include <secp256k1_recovery.h>'
caught 'one library one file: HTTP to nodes' api/p.c '#include <curl/curl.h>'
caught 'one library one file: the HTTP server' api/p.c '#include <microhttpd.h>'
plain && sed -i '1s/.*/\/* about something *\//' "$tree/ledger/core/a.c"
verdict 'first lines' "$(tests/lint/lint.sh "$tree" | sed -n 's/^FAIL  //p' | grep -v '^the map')"
plain && sed -i '1d' "$tree/sql/0001_a.sql"
verdict 'first lines' "$(tests/lint/lint.sh "$tree" | sed -n 's/^FAIL  //p' | grep -v '^the map')"
caught 'raw amounts' ledger/b.c 'int f(struct amount a) { return a.limb[0] > 0; }'
caught 'libpq outside db*.c' ledger/b.c 'void f(void) { PQexec(0, "SELECT 1"); }'
caught 'SQL only by parameters' ledger/b.c 'void f(int n) {' '    buffer_printf(b,' '        "SELECT balance FROM entry WHERE id = %d", n);' '}'
caught 'SQL only by parameters' ledger/b.c 'void f(char *built) { (void)db_run(db, built, 0, 0, 0); }'
caught 'no malloc outside ledger/core' ledger/b.c 'void *f(void) { return malloc (1); }'
caught 'JSON is parsed in one place' api/p.c 'void f(void) { json_loads("{}", 0, 0); }'
caught 'no floating point' ledger/b.c 'double rate;'
caught 'no unchecked or stateful C functions' ledger/b.c 'int f(const char *s) { return atoi(s); }'
caught 'no default in switches over enums' ledger/b.c 'int f(enum kind k) {' '    switch (k) {' '    case KIND_ONE:' '        return 1;' \
    '    default:' '        return 0;' '    }' '}'
caught 'nothing unfinished' ledger/b.c "/* TO""DO: the rest */"
caught 'file length' ledger/b.c "$(yes 'int n;' | head -n 500)"
caught 'file length' tests/t.c "$(yes 'int n;' | head -n 500)"
caught 'white space' ledger/b.c 'int n; '
caught 'white space' ledger/b.c $'\tint n;'
plain && printf '/* %s - not in the map. */\n' ledger/new.c > "$tree/ledger/new.c"
verdict 'the map in README.md' "$(tests/lint/lint.sh "$tree" | sed -n 's/^FAIL  //p')"
# What only looks like a violation must pass: in comments, in strings, over characters.
plain && printf '%s\n' '/* ledger/c.c - looks bad, is not. */' '/* malloc(1), double, json_loads, PQexec: words */' 'const char *s = "free(x) double //";' \
    'int f(char c) {' '    switch (c) {' "    case 'A':" '        return 1;' '    default:' '        return 0;' '    }' '}' > "$tree/ledger/c.c"
verdict '' "$(tests/lint/lint.sh "$tree" | sed -n 's/^FAIL  //p' | grep -v '^the map')"

echo "selftest: $passed passed, $failed failed"
[ "$failed" = 0 ]
