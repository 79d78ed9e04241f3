/* api/request.c - see request.h. */
#include "api/request.h"

#include <assert.h>
#include <string.h>

#include "api/route.h"

const char *finality_name(enum finality f)
{
    switch (f) {
    case FINALITY_LATEST:
        return "latest";
    case FINALITY_SAFE:
        return "safe";
    case FINALITY_FINALIZED:
        return "finalized";
    }
    return "";
}

static size_t index_of(const struct request *r, const char *name)
{
    const struct parameter *p = r->route->parameters;
    for (size_t i = 0; p != NULL && p[i].name != NULL; i++)
        if (strcmp(p[i].name, name) == 0)
            return i;
    assert(!"the route declares no such parameter");
    return 0;
}

const struct value *request_value(const struct request *r, const char *name)
{
    return &r->values[index_of(r, name)];
}

bool request_given(const struct request *r, const char *name)
{
    return request_value(r, name)->given;
}

static const struct value *given(const struct request *r, const char *name, enum parameter_type type)
{
    const struct value *v = request_value(r, name);
    assert(v->given && r->route->parameters[index_of(r, name)].type == type);
    return v;
}

struct address request_address(const struct request *r, const char *name)
{
    return given(r, name, PARAMETER_ADDRESS)->address;
}

uint64_t request_u64(const struct request *r, const char *name)
{
    return given(r, name, PARAMETER_U64)->u64;
}

const char *request_text(const struct request *r, const char *name)
{
    return given(r, name, PARAMETER_TEXT)->text;
}

size_t request_choice(const struct request *r, const char *name)
{
    return request_value(r, name)->choice;
}

bool request_flag(const struct request *r, const char *name)
{
    return request_value(r, name)->flag;
}

struct param request_param(const struct request *r, const char *name)
{
    size_t i = index_of(r, name);
    const struct value *v = &r->values[i];
    switch (r->route->parameters[i].type) {
    case PARAMETER_ADDRESS:
        return (struct param){T_ADDRESS, v->given ? &v->address : NULL};
    case PARAMETER_HASH:
        return (struct param){T_HASH, v->given ? &v->hash : NULL};
    case PARAMETER_U64:
        return (struct param){T_U64, v->given ? &v->u64 : NULL};
    case PARAMETER_BOOL:
        return (struct param){T_BOOL, v->given ? &v->flag : NULL};
    case PARAMETER_TEXT:
    case PARAMETER_CHOICE:
        return (struct param){T_TEXT, v->given ? v->text : NULL};
    case PARAMETER_TIME:
        return (struct param){T_TIME, v->given ? &v->time : NULL};
    }
    return (struct param){T_TEXT, NULL};
}

void statement_in(struct statement *s, struct param p)
{
    assert(s->n < STATEMENT_PARAMS);
    s->params[s->n++] = p;
}

void statement_at(struct statement *s, const struct request *r)
{
    const struct at *at = &r->at;
    statement_in(s, (struct param){T_I16, &at->kind});
    statement_in(s, (struct param){T_I64, at->kind == AT_NUMBER ? &at->number : NULL});
    statement_in(s, (struct param){T_HASH, at->kind == AT_HASH ? &at->hash : NULL});
    statement_in(s, (struct param){T_TIME, at->kind == AT_TIME ? &at->time : NULL});
}

void statement_time(struct statement *s, const struct request *r)
{
    statement_in(s, (struct param){T_U64, r->as_of.has_block ? &r->as_of.number : NULL});
    statement_in(s, (struct param){T_TIME, r->as_of.has_block ? &r->as_of.time : NULL});
}

void statement_page(struct statement *s, const struct request *r)
{
    for (size_t i = 0; i < r->route->n_keys; i++)
        statement_in(s, r->page.after[i]);
    statement_in(s, (struct param){T_I64, &r->page.limit});
}

void statement_value(struct statement *s, const struct request *r, const char *name)
{
    statement_in(s, request_param(r, name));
}
