/* ledger/core/version.h - the program's version. */
#ifndef LEDGER_CORE_VERSION_H
#define LEDGER_CORE_VERSION_H

#define ALTLEDGER_VERSION "0.1.0"

#endif
