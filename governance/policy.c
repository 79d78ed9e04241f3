/* governance/policy.c - see policy.h. */
#include "governance/policy.h"

#include <string.h>

const struct policy_name policy_names[] = {
    {"frozen-at-snapshot", POLICY_HELD | POLICY_DELEGATED_IN | POLICY_STAKED,
     "What is held, what others delegated (ERC20Votes), and stake, but not what leaves it."},
    {"delegates", POLICY_HELD | POLICY_DELEGATED_IN | POLICY_STAKED | POLICY_REGISTRY,
     "As frozen-at-snapshot; it counts with the delegate that its owner set in the DelegateRegistry."},
    {"tokens", POLICY_HELD | POLICY_DELEGATED_IN, "What is held, and what others delegated (ERC20Votes)."},
    {"stake", POLICY_STAKED, "Stake, but not what leaves it."},
    {"stake-and-leaving", POLICY_STAKED | POLICY_COOLING_DOWN | POLICY_QUEUED,
     "Stake, and what cools down or is queued for withdrawal."},
    {"everything", POLICY_HELD | POLICY_DELEGATED_IN | POLICY_STAKED | POLICY_COOLING_DOWN | POLICY_QUEUED,
     "What is held, what others delegated (ERC20Votes), stake, and what leaves it."},
    {NULL, 0, NULL},
};

static const struct policy_name parts[] = {
    {"held", POLICY_HELD, NULL},
    {"delegated_in", POLICY_DELEGATED_IN, NULL},
    {"staked", POLICY_STAKED, NULL},
    {"cooling_down", POLICY_COOLING_DOWN, NULL},
    {"queued", POLICY_QUEUED, NULL},
    {"registry", POLICY_REGISTRY, NULL},
    {NULL, 0, NULL},
};

static const struct policy_name *find(const struct policy_name *table, const char *text, size_t n)
{
    for (; table->name != NULL; table++)
        if (strlen(table->name) == n && memcmp(table->name, text, n) == 0)
            return table;
    return NULL;
}

static enum err parse_parts(const char *text, uint32_t *out)
{
    uint32_t policy = 0;
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, "+");
        const struct policy_name *part = find(parts, p, n);
        if (part == NULL)
            return err_with(ERR_FIELD, "there is no policy \"%.40s\"", text);
        if ((policy & part->parts) != 0)
            return err_with(ERR_FIELD, "a policy names %s twice", part->name);
        policy |= part->parts;
        p += n;
        if (*p == '\0')
            break;
    }
    /* The registry moves what counts; by itself it counts nothing. */
    if (policy == POLICY_REGISTRY)
        return err_with(ERR_FIELD, "by the policy \"registry\" nothing counts");
    *out = policy;
    return OK;
}

enum err policy_parse(const char *text, uint32_t *out)
{
    const struct policy_name *name = find(policy_names, text, strlen(text));
    if (name == NULL)
        return parse_parts(text, out);
    *out = name->parts;
    return OK;
}

void policy_format(uint32_t policy, char out[POLICY_TEXT])
{
    for (const struct policy_name *name = policy_names; name->name != NULL; name++)
        if (name->parts == policy) {
            memcpy(out, name->name, strlen(name->name) + 1);
            return;
        }
    size_t n = 0;
    for (const struct policy_name *part = parts; part->name != NULL; part++) {
        if ((policy & part->parts) == 0)
            continue;
        if (n > 0)
            out[n++] = '+';
        memcpy(out + n, part->name, strlen(part->name));
        n += strlen(part->name);
    }
    out[n] = '\0';
}
