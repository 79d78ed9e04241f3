#!/bin/bash
# tests/lint/lint.sh - the house's own rules, by grep over the tree (or the tree given as argument); each complaint names its remedy.
#
# Prints "ok RULE" or "FAIL RULE" with places and the remedy, and ends with the counts. tests/lint/selftest.sh plants one
# violation of each rule and sees it caught.
set -u -o pipefail
shopt -s lastpipe # so that rule() counts in this shell
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}" || exit 2

FILE_LINES_MAX=500

# Each foreign library is included by one file only. header-pattern | the file | what it is for
LIBRARIES='libpq-fe\.h|ledger/core/db_pq.h|PostgreSQL
jansson\.h|ledger/core/json.h|JSON
gmp\.h|ledger/core/amount_limbs.h|wide integers
botan/|ledger/core/digest.c|Keccak
zlib\.h|ledger/core/gzip.c|gzip
secp256k1|ledger/core/sig.c|signatures
curl/|ledger/mirror/http.c|HTTP to nodes
microhttpd\.h|api/server.c|the HTTP server'

# Where floating point is allowed: never for amounts, only for what is measured. file | why
FLOATS='ledger/core/log.c|elapsed seconds
api/metrics.c|seconds in the Prometheus text format
api/parse.c|weights of Accept
ledger/mirror/mirror.c|progress in percent'

mapfile -t C < <(find ledger governance api -name '*.[ch]' -type f 2> /dev/null | sort)
mapfile -t TESTS_C < <(find tests -name node_modules -prune -o -name '*.[ch]' -type f -print 2> /dev/null | sort)
mapfile -t OTHER < <({
    find sql api tests docker .ci -name node_modules -prune -o -type f \( -name '*.sql' -o -name '*.sh' -o -name '*.mjs' -o -name '*.pl' \
        -o -name '*.js' -o -name '*.css' -o -name '*.html' \) -print
    find tests docker .ci -name node_modules -prune -o -type f -perm -u+x ! -name '*.*' -print
    ls Makefile docker/Dockerfile docker/compose.yaml 2> /dev/null
} 2> /dev/null | sort -u)

# Two views of every C file: text without comments, code without comments and strings.
views=$(mktemp -d)
trap 'rm -rf "$views"' EXIT
for f in "${C[@]}"; do
    mkdir -p "$views/text/${f%/*}" "$views/code/${f%/*}"
    perl "$here/strip.pl" "$f" > "$views/text/$f"
    perl "$here/strip.pl" -s "$f" > "$views/code/$f"
done
in_code() { (cd "$views/code" && grep -nE "$@" "${C[@]}" /dev/null); }
in_text() { (cd "$views/text" && grep -nE "$@" "${C[@]}" /dev/null); }

passed=0 failed=0
rule() { # NAME REMEDY: reads the violations on stdin
    local found
    found=$(cat)
    if [ -z "$found" ]; then
        passed=$((passed + 1))
        echo "ok    $1"
    else
        failed=$((failed + 1))
        printf 'FAIL  %s\n%s\n      remedy: %s\n' "$1" "$(sed 's/^/      /' <<< "$found")" "$2"
    fi
}

includes() { # every quoted include as "file:line:header"
    in_text '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' | sed -E 's/^([^:]*:[0-9]*):[^"]*"([^"]*)".*/\1:\2/'
}
includes | awk -F: '
    function layer(path) {
        if (path ~ /^ledger\/core\//) return "core"
        if (path ~ /^ledger\/mirror\//) return "mirror"
        if (path ~ /^ledger\//) return "ledger"
        if (path ~ /^governance\//) return "governance"
        if (path ~ /^api\//) return "api"
        return "none"
    }
    BEGIN {
        sees["core"] = "core"; sees["ledger"] = "core ledger"; sees["mirror"] = "core ledger mirror"
        sees["governance"] = "core ledger governance"; sees["api"] = "core ledger mirror governance api"
    }
    { if (index(" " sees[layer($1)] " ", " " layer($3) " ") == 0) print $1 ":" $2 ": includes " $3 }' |
    rule 'include direction' 'includes go ledger/core <- ledger <- governance <- api and ledger <- ledger/mirror <- api, with the full path; move the code down, or hand it in as a function pointer'

while IFS='|' read -r header file purpose; do
    in_text "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"][^>\"]*$header" | grep -v "^$file:" |
        rule "one library one file: $purpose" "only $file may include this; add what you need to its header"
done <<< "$LIBRARIES"

for f in "${C[@]}" "${TESTS_C[@]}" "${OTHER[@]}"; do
    head -n 3 "$f" | grep -qE "^(/\*|--|#|//|<!--) $(sed 's/[.]/\\./g' <<< "$f") - [^ ].*[.:;]?" || echo "$f:1: $(head -n 1 "$f")"
done | rule 'first lines' 'begin the file with its own path, " - ", and one sentence that says what it is'

in_code '(\.|->)limb\b' | grep -vE '^ledger/core/amount(_wide)?\.c:' |
    rule 'raw amounts' 'use or add a function of ledger/core/amount.h'

in_code '\b(PQ[a-z]\w+|PGconn|PGresult)\b' | grep -v '^ledger/core/db[a-z_]*\.[ch]:' |
    rule 'libpq outside db*.c' 'use or add a function of ledger/core/db.h'
{
    for f in "${C[@]}"; do
        perl -0ne '
            while (/\b(\w*printf|buffer_text|strcat|strcpy|arena_text)\s*\(((?:[^();]|\((?:[^();]|\([^()]*\))*\))*)\)/g) {
                my ($call, $args, $at) = ($1, $2, $-[0]);
                next unless $args =~ /"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|COPY|TRUNCATE|ALTER|CREATE|DROP|SET)\s+\w/;
                my $line = 1 + (substr($_, 0, $at) =~ tr/\n//);
                print "$ARGV:$line: SQL in $call\n";
            }' "$views/text/$f" | sed "s#^$views/text/##"
        perl -0ne '
            my %literal; # names that are string literals of this file, or members and parameters that can only carry those
            $literal{$1} = 1 while /\bstatic\s+const\s+char\s+\*?\s*(?:const\s+)?(\w+)\s*(?:\[\w*\])?\s*=\s*"/g;
            while (/\bdb_(run|query|one|all|send|stream_begin|script)\s*\(\s*[^,()]+,\s*([^,)]*)/g) {
                my ($call, $sql, $at) = ($1, $2, $-[0]);
                $sql =~ s/^\s+|\s+$//g;
                # Of "test ? a : b" each branch must be one.
                (my $branches = $sql) =~ s/^[^?]*\?\s*//;
                next unless grep { !(/^"/ || /^(?:\w+(?:\[\w+\])?(?:->|\.))*\w*sql\w*$/ || $literal{$_}) } split /\s+:\s+/, $branches;
                my $line = 1 + (substr($_, 0, $at) =~ tr/\n//);
                print "$ARGV:$line: db_$call with $sql\n";
            }' "$views/text/$f" | sed "s#^$views/text/##" | grep -vE '^ledger/core/(db(_[a-z]+)?\.[ch]|migrate\.c):'
    done
} | rule 'SQL only by parameters' 'write the statement as one string literal with $1.. and bind the values (IN, WITH)'

in_code '\b(malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf|getline|aligned_alloc|alloca)[[:space:]]*\(' |
    grep -v '^ledger/core/' | rule 'no malloc outside ledger/core' 'use an arena, a buffer, a map or memory_resize'

in_code '\bjson_load' | grep -v '^ledger/core/json\.c:' |
    rule 'JSON is parsed in one place' 'use json_read of ledger/core/json.h, which bounds size and depth and refuses duplicate keys'

in_code '\b(float|double|long double|strtod|strtof|atof)\b' | grep -vF "$(cut -d'|' -f1 <<< "$FLOATS" | sed 's/$/:/')" |
    rule 'no floating point' 'use integers; what is only measured goes into the list FLOATS of tests/lint/lint.sh with its reason'

in_code '\b(atoi|atol|atoll|sprintf|vsprintf|strcpy|strcat|gets|strtok|localtime|gmtime|ctime|asctime|rand|srand|system|popen)[[:space:]]*\(' |
    rule 'no unchecked or stateful C functions' 'use the bounded, reentrant form (snprintf, strtol, gmtime_r) or a function of ledger/core'

# A default would hide the case that somebody adds later; gcc (-Wswitch) then says nothing.
(
    cd "$views/code" && perl -0 -e '
        my (%member, %text);
        for my $file (@ARGV) {
            open my $in, "<", $file or die; $text{$file} = <$in>;
            while ($text{$file} =~ /\benum\s+\w+\s*\{([^{}]*)\}/g) { $member{$1} = 1 while $1 =~ /\b([A-Z]\w*)\b\s*(?=[,=}]|$)/gm }
        }
        for my $file (sort keys %text) {
            my $t = $text{$file};
            while ($t =~ /\bswitch\s*(\((?:[^()]|(?1))*\))\s*(\{(?:[^{}]|(?2))*\})/g) {
                my ($body, $at) = ($2, $-[0]);
                next unless $body =~ /\bdefault\s*:/;
                my ($name) = grep { $member{$_} || /^ERR_/ } $body =~ /\bcase\s+([A-Z]\w*)\s*:/g;
                next unless $name;
                print "$file:", 1 + (substr($t, 0, $at) =~ tr/\n//), ": default beside case $name\n";
            }
        }' "${C[@]}"
) | rule 'no default in switches over enums' 'list every member, so that the compiler names the one that is added later'

grep -nE '\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b' "${C[@]}" "${TESTS_C[@]}" "${OTHER[@]}" README.md 2> /dev/null |
    rule 'nothing unfinished' 'finish it, or file an issue and say in the code what does not hold'

wc -l "${C[@]}" "${TESTS_C[@]}" "${OTHER[@]}" 2> /dev/null |
    awk -v max=$FILE_LINES_MAX '$2 != "total" && $1 > max {print $2 ":1: " $1 " lines"}' |
    rule 'file length' "make two rooms of it: over $FILE_LINES_MAX lines a file has more than one subject"

grep -nE $'[[:space:]]+$|\t' "${C[@]}" "${TESTS_C[@]}" "${OTHER[@]}" /dev/null | grep -v $'^Makefile:[0-9]*:\t' |
    rule 'white space' 'no tabs, nothing blank at the end of a line'

# The README's map is the output of make map, between two marks.
if [ -f README.md ]; then
    diff <(sed -n '/<!-- map -->/,/<!-- \/map -->/p' README.md | grep -v -e '^<!--' -e '^```') <("$here/map.sh" .) |
        sed 's/^/README.md: /' | rule 'the map in README.md' 'run tests/lint/map.sh --write'
fi

echo "rules: $passed passed, $failed failed"
[ "$failed" = 0 ]
