/* ledger/mirror/source_rpc.h - a source that follows the chain of JSON-RPC endpoints. */
#ifndef LEDGER_MIRROR_SOURCE_RPC_H
#define LEDGER_MIRROR_SOURCE_RPC_H

#include "ledger/mirror/source.h"

MUST_CHECK enum err source_rpc_open(const struct source_options *options, struct source **out);

#endif
