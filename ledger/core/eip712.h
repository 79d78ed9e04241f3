/* ledger/core/eip712.h - EIP-712: hashing of typed structured data, for any types.
 *
 * Types and data are JSON as eth_signTypedData_v4 takes them: `types` maps a struct's name to its members {name, type};
 * EIP712Domain may be among them or is derived from the domain's members. Values: addresses and bytes as 0x hex; integers as
 * JSON integers, decimal or 0x text, checked against their width; strings are UTF-8; arrays, fixed or not, nested or not.
 *
 *     encodeType: the struct, then the structs it refers to, sorted by name. hashStruct: keccak(typeHash || encodeData).
 *     digest: keccak(0x19 0x01 || hashStruct(domain) || hashStruct(message)). */
#ifndef LEDGER_CORE_EIP712_H
#define LEDGER_CORE_EIP712_H

#include "ledger/core/json.h"

enum { EIP712_DEPTH_MAX = 16 };

/* ERR_FIELD, the detail begins with the path ("data.message.choice: ..."): a type that is not declared or malformed, recursive
 * data too deep, a member that is missing or unknown, a value of another type or out of its range. */
MUST_CHECK enum err eip712_digest(const json_t *domain, const json_t *types, const char *primary, const json_t *message,
                                  struct hash *out);
/* The struct that no other refers to (as wallets find it); EIP712Domain does not count. ERR_FIELD: none, or several. */
MUST_CHECK enum err eip712_primary(const json_t *types, const char **out);
/* encodeType(primary) in the arena, NUL-terminated: "Vote(string from,string space,...)". ERR_FIELD. */
MUST_CHECK enum err eip712_encode_type(const json_t *types, const char *primary, struct arena *arena, const char **out);
/* hashStruct of one struct. ERR_FIELD. */
MUST_CHECK enum err eip712_hash_struct(const json_t *types, const char *name, const json_t *value, struct hash *out);
/* hashStruct of a domain by the members it has. ERR_FIELD. */
MUST_CHECK enum err eip712_hash_domain(const json_t *domain, struct hash *out);

#endif
