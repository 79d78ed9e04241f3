/* tests/ledger/core/drive_eip712.c - EIP-712 digests of typed data, one a line, for scenarios that know the right ones.
 *
 * Reads lines {"domain", "types", "primaryType", "message"}; writes "DIGEST PRIMARY DOMAIN-HASH TYPE" each, or "! REFUSAL". PRIMARY
 * is what eip712_primary finds, or "-". */
#include <stdio.h>
#include <string.h>

#include "ledger/core/eip712.h"

enum { LINE_MAX_BYTES = 1 << 22 };

static char line[LINE_MAX_BYTES];

static enum err answer(const json_t *j)
{
    AUTO_ARENA arena = {0};
    struct hash digest, domain;
    const char *type = NULL, *primary = NULL, *named = json_string_value(json_object_get(j, "primaryType"));
    char text[2][HASH_TEXT + 1];
    const json_t *types = json_object_get(j, "types");
    TRY(eip712_digest(json_object_get(j, "domain"), types, named, json_object_get(j, "message"), &digest));
    TRY(eip712_encode_type(types, named, &arena, &type));
    TRY(eip712_hash_domain(json_object_get(j, "domain"), &domain));
    if (eip712_primary(types, &primary) != OK)
        primary = "-";
    hash_format(digest, text[0]);
    hash_format(domain, text[1]);
    printf("%s %s %s %s\n", text[0], primary, text[1], type);
    return OK;
}

int main(void)
{
    json_setup();
    while (fgets(line, sizeof line, stdin) != NULL) {
        AUTO_JSON j = NULL;
        enum err e = json_parse(line, strlen(line), JSON_DEPTH_MAX, &j);
        if (e == OK)
            e = answer(j);
        if (e != OK)
            printf("! %s\n", err_detail());
        fflush(stdout);
    }
    return 0;
}
