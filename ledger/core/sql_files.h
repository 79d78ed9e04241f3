/* ledger/core/sql_files.h - the files of sql/, embedded at build time in the order of their names. */
#ifndef LEDGER_CORE_SQL_FILES_H
#define LEDGER_CORE_SQL_FILES_H

#include <stddef.h>

struct sql_file {
    const char *name; /* "0001_mirror.sql" */
    const char *text; /* NUL-terminated */
    size_t n;
};

extern const struct sql_file sql_files[];
extern const size_t sql_files_n;

#endif
