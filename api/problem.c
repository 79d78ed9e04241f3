/* api/problem.c - see problem.h. */
#include "api/problem.h"

#include <string.h>

#include "ledger/core/log.h"

enum { PARAM_NAME_MAX = 64, RETRY_SYNCING = 2, RETRY_DAY_OPEN = 60 }; /* seconds */

static bool is_fault(enum err e)
{
    return err_http(e) == 500 || err_http(e) == 502 || e == ERR_DB_LOST || e == ERR_RETRY;
}

static uint64_t retry_after(enum err e)
{
    if (e == ERR_SYNCING)
        return RETRY_SYNCING;
    if (e == ERR_DAY_OPEN)
        return RETRY_DAY_OPEN;
    return err_http(e) == 503 || err_http(e) == 429 ? 1 : 0;
}

/* The length of the parameter's name that the detail begins with, or 0. */
static size_t param_name(const char *detail)
{
    size_t n = strcspn(detail, ": ");
    return n > 0 && n <= PARAM_NAME_MAX && detail[n] == ':' ? n : 0;
}

struct entity *problem_make(enum err e, const char *request_id, const struct buffer *reasons)
{
    const char *detail = err_detail();
    struct entity *entity = entity_new(err_http(e), "application/problem+json");
    entity->cache_control = "no-store";
    entity->retry_after = retry_after(e);
    if (is_fault(e)) {
        log_error("api", "request failed: id=%s code=%s detail=%s", request_id, err_slug(e), detail);
        detail = err_text(e);
    }
    struct json_writer w;
    jw_start(&w, &entity->body);
    jw_object(&w);
    jw_key(&w, "type");
    AUTO_BUFFER type = {0};
    buffer_printf(&type, "urn:altledger:problem:%s", err_slug(e));
    jw_text_n(&w, (const char *)type.p, type.n);
    jw_key(&w, "title");
    jw_text(&w, err_text(e));
    jw_key(&w, "status");
    jw_u64(&w, (uint64_t)err_http(e));
    jw_key(&w, "detail");
    const char *shown = *detail != '\0' ? detail : err_text(e);
    jw_text_n(&w, shown, strlen(shown));
    jw_key(&w, "code");
    jw_text(&w, err_slug(e));
    if (err_http(e) == 400 && param_name(detail) > 0) {
        jw_key(&w, "param");
        jw_text_n(&w, detail, param_name(detail));
    }
    if (reasons != NULL && reasons->n > 0) {
        jw_key(&w, "reasons");
        AUTO_BUFFER all = {0};
        buffer_u8(&all, '[');
        buffer_bytes(&all, reasons->p, reasons->n);
        buffer_u8(&all, ']');
        jw_raw(&w, (const char *)all.p, all.n);
    }
    jw_key(&w, "request_id");
    jw_text(&w, request_id);
    jw_object_end(&w);
    return entity;
}
