/* api/bundle.c - the bundle of an off-chain proposal, from which anybody recounts it. */
#include <time.h>

#include "api/routes.h"
#include "governance/bundle.h"

static enum err write_bundle(const struct request *r, struct db *db, const struct sink *out)
{
    struct param id = request_param(r, "id");
    return bundle_write(db, *(const struct hash *)id.value, (struct instant){time(NULL)}, out);
}

const struct route bundle_routes[] = {
    {.method = "GET",
     .path = "/v1/proposals/{id}/bundle",
     .about =
         "One file from which `altledger tally` verifies and recounts an off-chain proposal, offline: its versions, the census, all "
         "ballots, their receipts and the result. Before voting has closed: the state so far.",
     .shape = SHAPE_FILE,
     .cache = CACHE_NEVER,
     .parameters = PARAMETERS({.name = "id", .type = PARAMETER_HASH, .about = "The proposal's id."}),
     .file = write_bundle},
    {0}};
