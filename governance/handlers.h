/* governance/handlers.h - which events of governors and timelocks change which books. */
#ifndef GOVERNANCE_HANDLERS_H
#define GOVERNANCE_HANDLERS_H

#include "ledger/event.h"

/* For apply_add_handlers; ends with {0}. */
extern const struct event_handler_row governance_handlers[];

#endif
