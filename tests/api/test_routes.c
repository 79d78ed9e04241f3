/* tests/api/test_routes.c - the route table obeys its own rules, and the OpenAPI document leaves nothing of it out. */
#include <string.h>

#include "api/openapi.h"
#include "api/parse.h"
#include "api/routes.h"
#include "tests/support/unit.h"

static struct router router;

static int set_up(void **state)
{
    (void)state;
    router_init(&router, routes); /* asserts the rules of route.h */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    router_done(&router);
    return 0;
}

static void openapi__holds_every_route_parameter_and_member(void **state)
{
    (void)state;
    AUTO_BUFFER text = {0};
    AUTO_JSON tree = NULL;
    openapi_write(&router, "1", &text);
    assert_int_equal(json_parse((const char *)text.p, text.n, JSON_DEPTH_MAX, &tree), OK);
    for (size_t i = 0; i < router.n; i++) {
        const struct route *route = router.endpoints[i].route;
        char template[256] = "";
        size_t n = strcspn(route->path, ".");
        memcpy(template, route->path, n);
        strcat(template, strstr(route->path, "...}") != NULL ? "}" : route->path + n);
        const json_t *path = json_object_get(json_object_get(tree, "paths"), template);
        const json_t *operation = json_object_get(path, strcmp(route->method, "POST") == 0 ? "post" : "get");
        assert_string_equal(json_string_value(json_object_get(operation, "summary")), route->about);
        size_t listed = json_array_size(json_object_get(operation, "parameters")),
               expected = router.endpoints[i].n_parameters;
        expected += route->takes_at && strstr(route->path, "{at}") == NULL && route->body == NULL;
        expected += route->shape == SHAPE_LIST ? (route->both_orders ? 3 : 2) : 0;
        assert_int_equal(listed, expected);
        if (route->shape != SHAPE_OBJECT && route->shape != SHAPE_LIST)
            continue;
        const json_t *ok = json_object_get(json_object_get(operation, "responses"), "200");
        const json_t *schema = json_object_get(json_object_get(json_object_get(ok, "content"), "application/json"),
                                               "schema");
        if (route->shape == SHAPE_LIST)
            schema = json_object_get(json_object_get(json_object_get(schema, "properties"), "data"), "items");
        for (const struct member *m = route->members; m->name != NULL; m++) {
            const json_t *member = json_object_get(json_object_get(schema, "properties"), m->name);
            assert_string_equal(json_string_value(json_object_get(member, "description")), m->about);
        }
    }
}

static void match(const char *method, const char *path, enum err expected, struct match *m)
{
    static struct arena arena;
    struct uri uri;
    arena_reset(&arena);
    assert_int_equal(uri_parse(path, strlen(path), &arena, &uri), OK);
    assert_int_equal(router_match(&router, method, &uri, &arena, m), expected);
    arena_done(&arena);
}

static void router__tells_not_found_from_not_allowed(void **state)
{
    (void)state;
    struct match m;
    match("GET", "/healthz", OK, &m);
    match("HEAD", "/healthz", OK, &m);
    match("POST", "/healthz", ERR_METHOD, &m);
    assert_string_equal(m.allow, "GET, HEAD, OPTIONS");
    match("GET", "/healthz/", ERR_NOT_FOUND, &m);
    match("GET", "/nothing", ERR_NOT_FOUND, &m);
    match("GET", "/healthz.csv", ERR_NOT_FOUND, &m);
}

static enum err answer_nothing(const struct request *r, struct reply *reply)
{
    (void)r, (void)reply;
    return OK;
}

static const struct route rest_routes[] = {{.method = "GET",
                                            .path = "/files/{name...}",
                                            .about = "A file.",
                                            .shape = SHAPE_RAW,
                                            .parameters = PARAMETERS({.name = "name", .about = "Its path."}),
                                            .local = answer_nothing},
                                           {.method = "GET",
                                            .path = "/files/{name}/size",
                                            .about = "A size.",
                                            .shape = SHAPE_RAW,
                                            .parameters = PARAMETERS({.name = "name", .about = "Its name."}),
                                            .local = answer_nothing},
                                           {0}};

static void assert_rest(const struct router *files, const char *path, size_t route, const char *value)
{
    AUTO_ARENA arena = {0};
    struct uri uri;
    struct match m;
    assert_int_equal(uri_parse(path, strlen(path), &arena, &uri), OK);
    assert_int_equal(router_match(files, "GET", &uri, &arena, &m), value != NULL ? OK : ERR_NOT_FOUND);
    if (value == NULL)
        return;
    assert_int_equal(m.endpoint->index, route);
    assert_string_equal(m.path_values[1], value);
}

static void the_rest_of_a_path__is_one_parameter(void **state)
{
    (void)state;
    static struct router files;
    static const struct route *const tables[] = {rest_routes, NULL};
    router_init(&files, tables);
    assert_rest(&files, "/files/a", 0, "a");
    assert_rest(&files, "/files/a/b.p/3", 0, "a/b.p/3");
    assert_rest(&files, "/files/a%20b/c", 0, "a b/c");
    assert_rest(&files, "/files/a/size", 1, "a");
    assert_rest(&files, "/files/a/b/size", 0, "a/b/size");
    assert_rest(&files, "/files", 0, NULL);
    assert_rest(&files, "/files/", 0, NULL);
    assert_rest(&files, "/files/a/", 0, NULL);
    assert_rest(&files, "/files//a", 0, NULL);
    assert_rest(&files, "/files/a//b", 0, NULL);
    assert_rest(&files, "/other/a", 0, NULL);
    router_done(&files);
}

static void accept__picks_the_best_liked_form_of_a_list(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum representation as;
    } cases[] = {{NULL, AS_JSON},
                 {"", AS_JSON},
                 {"text/csv", AS_CSV},
                 {"TEXT/CSV", AS_CSV},
                 {"application/x-ndjson", AS_NDJSON},
                 {"text/html,*/*;q=0.8", AS_JSON},
                 {"text/csv;q=0.5, application/json;q=0.4", AS_CSV},
                 {"text/csv;q=0, */*", AS_JSON},
                 {"image/png", AS_JSON},
                 {";;;,,q=", AS_JSON}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(parse_accept(cases[i].accept), cases[i].as);
}

static void at__is_read_in_all_forms_and_no_other(void **state)
{
    (void)state;
    struct at at;
    assert_int_equal(parse_at("latest", &at), OK);
    assert_int_equal(parse_at("0", &at), OK);
    assert_true(at.kind == AT_NUMBER && at.number == 0);
    assert_int_equal(parse_at("2147483647", &at), OK);
    /* Above every position it is still a number: 404, not 400. */
    assert_int_equal(parse_at("2147483648", &at), ERR_NOT_MIRRORED);
    assert_int_equal(parse_at("2026-11-21T10:00:00Z", &at), OK);
    assert_int_equal(at.kind, AT_TIME);
    static const char *const bad[] = {"",
                                      "Latest",
                                      "-1",
                                      "+1",
                                      "01",
                                      "1 ",
                                      " 1",
                                      "1e3",
                                      "0x1",
                                      "0x",
                                      "pending",
                                      "2026-11-21",
                                      "2026-13-01T00:00:00Z",
                                      "\xd9\xa1",
                                      "1,2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(parse_at(bad[i], &at), ERR_FIELD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openapi__holds_every_route_parameter_and_member),
        cmocka_unit_test(router__tells_not_found_from_not_allowed),
        cmocka_unit_test(the_rest_of_a_path__is_one_parameter),
        cmocka_unit_test(accept__picks_the_best_liked_form_of_a_list),
        cmocka_unit_test(at__is_read_in_all_forms_and_no_other),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
