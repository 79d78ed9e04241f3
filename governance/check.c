/* governance/check.c - see check.h. */
#include "governance/check.h"

#include <stdio.h>

#include "governance/log.h"

static void fault(struct checked *c, const char *what)
{
    if (c->fault[0] == '\0')
        (void)snprintf(c->fault, sizeof c->fault, "%s%s%s", what, *err_detail() != '\0' ? ": " : "", err_detail());
    err_clear();
}

static enum signed_by who_signed(const struct entry *e)
{
    struct address signer;
    if (e->kind == MESSAGE_KEY || e->kind == MESSAGE_SPACE)
        return SIGNED_BY_SERVICE;
    enum err err = message_check_signature(&e->message, &signer);
    if (err == OK)
        return SIGNED_BY_KEY;
    return e->evidence.given && erc1271_accepts(e->evidence.returned) ? SIGNED_BY_EVIDENCE : SIGNED_BY_NOBODY;
}

static void check_receipt(struct checked *c)
{
    struct signature signature;
    const struct receipt r = {.message = c->entry.digest,
                              .position = c->position,
                              .size = c->size,
                              .root = c->root,
                              .time = c->entry.received};
    enum err e = signature_parse(c->receipt, &signature);
    if (e == OK)
        e = signature_recover(&signature, receipt_digest(c->chain_id, &r), &c->receipt_signer);
    c->has_receipt_signer = e == OK;
    if (e != OK)
        fault(c, "its receipt is not signed");
}

void check_entry(struct checked *c, struct arena *arena)
{
    err_clear();
    c->leaf = log_leaf(c->text);
    c->read = entry_parse(c->text, arena, &c->entry) == OK;
    c->signed_by = SIGNED_BY_NOBODY;
    if (!c->read) {
        fault(c, "not an entry of the log");
        return;
    }
    c->signed_by = c->known ? SIGNED_BEFORE : who_signed(&c->entry);
    if (c->signed_by == SIGNED_BY_NOBODY)
        fault(c, "its address has not signed it");
    if (c->receipt.p != NULL && !c->known)
        check_receipt(c);
}
