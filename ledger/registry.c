/* ledger/registry.c - see registry.h. */
#include "ledger/registry.h"

static const struct record registry_record =
    RECORD(registry_delegate_row, FIELD(registry_delegate_row, registry), FIELD(registry_delegate_row, delegator),
           FIELD(registry_delegate_row, id), FIELD(registry_delegate_row, position),
           FIELD(registry_delegate_row, log_index), FIELD(registry_delegate_row, delegate));
const struct timeline_def registry_delegate_timeline = {"registry_delegate", &registry_record, 3, 72, 0x89, false};

void registry_apply_delegate(struct books *b, struct address registry, struct address delegator, struct hash id,
                             struct address delegate)
{
    struct registry_delegate_row row = {.registry = registry, .delegator = delegator, .id = id, .delegate = delegate};
    books_append(b, TIMELINE_REGISTRY_DELEGATE, &row);
}
