#!/bin/bash
# tests/lint/map.sh - print what each file is, by its own first line, as a tree; --write puts it between the marks in README.md.
set -eu -o pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
write=
case ${1-} in
--write) write=1 ;;
?*) root=$(cd "$1" && pwd) ;;
esac
cd "$root"

tree() {
    # The header speaks for its .c.
    find ledger governance api sql docker tests .ci -name node_modules -prune -o -name data -prune -o -name corpus -prune \
        -o -type f -print 2> /dev/null | LC_ALL=C sort | while read -r file; do
        case $file in *.c) [ ! -e "${file%.c}.h" ] || continue ;; esac
        sentence=$(head -n 3 "$file" | tr -d '\000' | grep -a -m 1 -F "$file - " |
            sed -E 's/^(\/\*|--|#|\/\/|<!--) [^ ]+ - //; s/ *(\*\/|-->)$//; s/[.;]? *$//') || continue
        printf '%s\t%s\n' "$file" "$sentence"
    done | awk -F '\t' '
        {
            n = split($1, part, "/"); folder = ""
            for (i = 1; i < n; i++) {
                folder = folder part[i] "/"
                if (!(folder in seen)) { seen[folder] = 1; printf "%*s%s/\n", 2 * (i - 1), "", part[i] }
            }
            printf "%-26s %s\n", sprintf("%*s%s", 2 * (n - 1), "", part[n]), $2
        }'
}

if [ -n "$write" ]; then
    tree=$(tree) perl -0pi -e 's/(<!-- map -->\n```text\n).*?(```\n<!-- \/map -->)/$1$ENV{tree}\n$2/s' README.md
else
    tree
fi
