#!/bin/bash
# sql/embed.sh - prints the SQL files given as arguments as one C file (ledger/core/sql_files.h).
set -eu
echo '/* sql_files.c - the SQL files of sql/ as bytes; made by sql/embed.sh. */'
echo '#include "ledger/core/sql_files.h"'
n=0
for file in "$@"; do
    echo "static const unsigned char text_${n}[] = {"
    od -An -v -tu1 "$file" | sed 's/ *\([0-9]\{1,3\}\)/\1,/g'
    echo '0};'
    n=$((n + 1))
done
echo 'const struct sql_file sql_files[] = {'
n=0
for file in "$@"; do
    echo "    {\"$(basename "$file")\", (const char *)text_$n, sizeof text_$n - 1},"
    n=$((n + 1))
done
echo '};'
echo 'const size_t sql_files_n = sizeof sql_files / sizeof *sql_files;'
