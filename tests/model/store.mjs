// tests/model/store.mjs - the storage of all modelled contracts: one map that can be rolled back, copied and looked up by block.
//
// Values are immutable (bigint, string, frozen array or object), so that a copy of the map is a copy of the state. Block
// numbers are numbers, amounts are bigints.

/** A call that the contract refuses: the whole transaction leaves no trace. */
export class Revert extends Error {}

export function need(condition, name) {
    if (!condition) throw new Revert(name);
}

const NOTHING = Object.freeze([]);

export class Store {
    constructor(rows = new Map()) {
        this.rows = rows;
        this.undo = [];
    }

    get(key, initial) {
        const value = this.rows.get(key);
        return value === undefined ? initial : value;
    }

    put(key, value) {
        this.undo.push([key, this.rows.get(key)]);
        if (value === undefined) this.rows.delete(key);
        else this.rows.set(key, value);
    }

    commit() {
        this.undo.length = 0;
    }

    rollback() {
        while (this.undo.length) {
            const [key, value] = this.undo.pop();
            if (value === undefined) this.rows.delete(key);
            else this.rows.set(key, value);
        }
    }

    clone() {
        return new Store(new Map(this.rows));
    }

    /** Sets and lists keep the order of OpenZeppelin's EnumerableSet: the last item takes the place of a removed one. */
    list(key) {
        return this.get(key, NOTHING);
    }

    add(key, item) {
        const items = this.list(key);
        if (items.includes(item)) return false;
        this.put(key, Object.freeze([...items, item]));
        return true;
    }

    remove(key, item) {
        const items = [...this.list(key)], at = items.indexOf(item);
        if (at < 0) return false;
        const last = items.pop();
        if (at < items.length) items[at] = last;
        this.put(key, items.length ? Object.freeze(items) : undefined);
        return true;
    }

    /** A queue's front leaves, the others keep their order. */
    shift(key) {
        const items = this.list(key).slice(1);
        this.put(key, items.length ? Object.freeze(items) : undefined);
    }

    push(key, item) {
        this.put(key, Object.freeze([...this.list(key), item]));
    }

    /** Values by block: the last one written in a block is the block's. */
    record(key, block, value) {
        const length = this.get(`${key}#`, 0);
        const last = length > 0 ? this.get(`${key}#${length - 1}`) : null;
        if (last && last[0] === block) {
            this.put(`${key}#${length - 1}`, Object.freeze([block, value]));
        } else {
            this.put(`${key}#${length}`, Object.freeze([block, value]));
            this.put(`${key}#`, length + 1);
        }
    }

    latest(key, initial) {
        const length = this.get(`${key}#`, 0);
        return length > 0 ? this.get(`${key}#${length - 1}`)[1] : initial;
    }

    /** The last value at or before the block. */
    lookup(key, block, initial) {
        let low = 0, high = this.get(`${key}#`, 0);
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.get(`${key}#${middle}`)[0] <= block) low = middle + 1;
            else high = middle;
        }
        return low > 0 ? this.get(`${key}#${low - 1}`)[1] : initial;
    }
}
