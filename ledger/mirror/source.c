/* ledger/mirror/source.c - opens the kind of source that the locations name and forwards to it; see source.h. */
#include "ledger/mirror/source.h"

#include <string.h>

#include "ledger/mirror/source_archive.h"
#include "ledger/mirror/source_impl.h"
#include "ledger/mirror/source_rpc.h"

bool source_is_url(const char *location)
{
    return strncmp(location, "http://", strlen("http://")) == 0 ||
           strncmp(location, "https://", strlen("https://")) == 0;
}

static size_t count_urls(const char *const *locations, size_t n)
{
    size_t n_urls = 0;
    for (size_t i = 0; i < n; i++)
        n_urls += source_is_url(locations[i]);
    return n_urls;
}

enum err source_check_locations(const char *const *locations, size_t n)
{
    if (n == 0)
        return err_with(ERR_CONFIG, "source: neither an archive file nor a URL is given");
    if (n > 1 && count_urls(locations, n) != n)
        return err_with(ERR_CONFIG, "source: either one archive file or any number of URLs, not both or several files");
    return OK;
}

enum err source_open(const struct source_options *options, struct source **out)
{
    TRY(source_check_locations(options->locations, options->n_locations));
    if (count_urls(options->locations, options->n_locations) == options->n_locations)
        return source_rpc_open(options, out);
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
