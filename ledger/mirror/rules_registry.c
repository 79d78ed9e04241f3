/* ledger/mirror/rules_registry.c - which events of a DelegateRegistry change which books. */
#include "ledger/mirror/rules.h"
#include "ledger/registry.h"

static void rule_set_delegate(const struct place *at, const struct abi_value *v)
{
    registry_apply_delegate(at->books, at->emitter, v[0].address, abi_hash(&v[1]), v[2].address);
}

/* Its delegate is the one that was. */
static void rule_clear_delegate(const struct place *at, const struct abi_value *v)
{
    registry_apply_delegate(at->books, at->emitter, v[0].address, abi_hash(&v[1]), address_zero);
}

const struct rule_row rules_registry[] = {
    {"DelegateRegistry", "SetDelegate(address,bytes32,address)", rule_set_delegate},
    {"DelegateRegistry", "ClearDelegate(address,bytes32,address)", rule_clear_delegate},
    {0},
};
