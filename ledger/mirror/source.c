/* ledger/mirror/source.c - opens the kind of source that the locations name and forwards to it; see source.h. */
#include "ledger/mirror/source.h"

#include <string.h>

#include "ledger/mirror/source_archive.h"
#include "ledger/mirror/source_impl.h"
#include "ledger/mirror/source_rpc.h"

static bool is_url(const char *location)
{
    return strncmp(location, "http://", strlen("http://")) == 0 ||
           strncmp(location, "https://", strlen("https://")) == 0;
}

enum err source_open(const struct source_options *options, struct source **out)
{
    size_t n_urls = 0;
    for (size_t i = 0; i < options->n_locations; i++)
        n_urls += is_url(options->locations[i]);
    if (options->n_locations == 0)
        return err_with(ERR_CONFIG, "source: neither an archive file nor a URL is given");
    if (n_urls == options->n_locations)
        return source_rpc_open(options, out);
    if (options->n_locations > 1)
        return err_with(ERR_CONFIG, "source: either one archive file or any number of URLs, not both or several files");
    return source_archive_open(options, out);
}

enum err source_next(struct source *s, struct arena *arena, struct step *out)
{
    return s->impl->next(s, arena, out);
}

unsigned source_backoff_ms(const struct source *s)
{
    return s->impl->backoff_ms(s);
}

void source_close(struct source *s)
{
    if (s)
        s->impl->close(s);
}

void source_health_get(const struct source *s, struct source_health *out)
{
    s->impl->health(s, out);
}
