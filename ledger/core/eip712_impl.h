/* ledger/core/eip712_impl.h - declared struct types, checked and resolved; between eip712_types.c and eip712.c only. */
#ifndef LEDGER_CORE_EIP712_IMPL_H
#define LEDGER_CORE_EIP712_IMPL_H

#include "ledger/core/json.h"

/* STRUCTS_MAX: of one `types`. TEXT_MAX: bytes of all the encodeTypes that one hash takes; that of each struct names all that
 * it refers to, so that without a bound they grow with the square of the types. */
enum { EIP712_STRUCTS_MAX = 256, EIP712_TEXT_MAX = 1 << 20, EIP712_WORD = 32 };

enum eip712_kind {
    EIP712_ADDRESS,
    EIP712_BOOL,
    EIP712_STRING,
    EIP712_BYTES,
    EIP712_FIXED_BYTES,
    EIP712_UINT,
    EIP712_INT,
    EIP712_STRUCT
};

struct eip712_member {
    const char *name, *type;
    size_t base_n;         /* the type without its dimensions: "uint8" of "uint8[][3]" */
    enum eip712_kind kind; /* of the base */
    unsigned width;        /* bytes of bytesN, uintN, intN */
    struct eip712_struct *of;
};

struct eip712_struct {
    const char *name;
    const json_t *declared;
    struct eip712_member *members;
    size_t n_members;
    const char **sorted; /* the members' names */
    bool resolved, hashed;
    unsigned mark;         /* of the last walk that came by */
    struct hash type_hash; /* if hashed */
};

struct eip712_types {
    struct arena *arena;
    struct eip712_struct *all; /* sorted by name */
    size_t n;
    size_t text;   /* bytes encoded so far */
    unsigned mark; /* of the current walk */
};

/* What `types` declares, nothing resolved yet. Texts stay in `types`. ERR_FIELD. */
MUST_CHECK enum err eip712_types_open(const json_t *types, struct arena *arena, struct eip712_types *out);
/* NULL: not declared. */
struct eip712_struct *eip712_types_find(const struct eip712_types *t, const char *name, size_t n);
/* Check and resolve the members of one struct. ERR_FIELD. */
MUST_CHECK enum err eip712_resolve(struct eip712_types *t, struct eip712_struct *s);
/* Of a resolved struct. */
bool eip712_has_member(const struct eip712_struct *s, const char *name);
/* The members that a domain has, in EIP-712's order. ERR_FIELD: no object. */
MUST_CHECK enum err eip712_domain(const json_t *domain, struct eip712_types *out, struct arena *arena,
                                  struct eip712_struct **domain_struct);
/* Append encodeType; structs that it refers to become resolved. ERR_FIELD. */
MUST_CHECK enum err eip712_type_text(struct eip712_types *t, struct eip712_struct *s, struct buffer *out);
/* typeHash, computed once. ERR_FIELD. */
MUST_CHECK enum err eip712_type_hash(struct eip712_types *t, struct eip712_struct *s, struct hash *out);

#endif
