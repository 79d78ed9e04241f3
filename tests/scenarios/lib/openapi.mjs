// tests/scenarios/lib/openapi.mjs - hold replies to the OpenAPI document of the service that gave them: all that it says, and nothing more.
import assert from "node:assert/strict";

const types = {
    object: (v) => v !== null && typeof v === "object" && !Array.isArray(v), array: Array.isArray, string: (v) => typeof v === "string",
    integer: Number.isSafeInteger, boolean: (v) => typeof v === "boolean", null: (v) => v === null, number: (v) => typeof v === "number",
};

export class Contract {
    held = new Set(); // paths that replies were held to

    constructor(url, document) {
        Object.assign(this, { url, document });
    }

    static async of(url) {
        return new Contract(url, await (await fetch(`${url}/openapi.json`)).json());
    }

    conforms(value, schema, where) {
        if (schema.$ref) return this.conforms(value, schema.$ref.slice(2).split("/").reduce((node, key) => node[key], this.document), where);
        if (schema.type) assert.ok([schema.type].flat().some((t) => types[t](value)), `${where}: ${JSON.stringify(value)} is not ${schema.type}`);
        if (schema.pattern && value !== null) assert.match(value, new RegExp(schema.pattern), where);
        if (Array.isArray(value)) value.forEach((v, i) => this.conforms(v, schema.items ?? {}, `${where}[${i}]`));
        if (!types.object(value) || !schema.properties) return;
        for (const name of schema.required ?? []) assert.ok(name in value, `${where}.${name} is missing`);
        for (const [name, v] of Object.entries(value)) {
            assert.ok(schema.properties[name], `${where}.${name} is not in OpenAPI`);
            this.conforms(v, schema.properties[name], `${where}.${name}`);
        }
    }

    /** The path in the document that a path is one of. */
    template(path) {
        const parts = path.split("/");
        return Object.keys(this.document.paths)
            .filter((p) => p.split("/").length === parts.length && p.split("/").every((s, i) => s.startsWith("{") || s === parts[i]))
            .sort((a, b) => a.split("{").length - b.split("{").length)[0];
    }

    async get(path, status = 200) {
        const reply = await fetch(this.url + path), text = await reply.text();
        assert.equal(reply.status, status, `${path}: ${text}`);
        const json = JSON.parse(text);
        if (status === 200) {
            const route = this.template(path.split("?")[0]);
            this.conforms(json, this.document.paths[route].get.responses["200"].content["application/json"].schema, path);
            this.held.add(route);
        }
        return json;
    }

    /** All items of a list, `limit` at a time. */
    async pages(path, limit) {
        const rows = [], glue = path.includes("?") ? "&" : "?";
        for (let after = ""; ;) {
            const page = await this.get(`${path}${glue}limit=${limit}${after}`);
            assert.ok(page.data.length === limit || !page.has_more);
            rows.push(...page.data);
            if (!page.has_more) return rows;
            after = `&after=${page.next_cursor}`;
        }
    }
}
