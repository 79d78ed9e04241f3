// tests/ledger/root_vectors.mjs - the rows of test_root.c and their roots, computed by ethers alone from the format in ledger/root.h.
//
// Prints what stands in test_root.c: tests/node_modules/.bin/node tests/ledger/root_vectors.mjs
import { concat, keccak256, toBeHex, toUtf8Bytes } from "ethers";

const u = (bytes) => (value) => toBeHex(value, bytes);
const u8 = u(1), u16 = u(2), u32 = u(4), u64 = u(8), u256 = u(32), u512 = u(64);
const repeat = (byte, n) => `0x${byte.repeat(n)}`;
const sized = (bytes, size) => concat([size((bytes.length - 2) / 2), bytes]);
const MAX = 2n ** 256n - 1n;

const account = ({ book, asset, owner, second = "0x" }) => concat([u8(book), sized(asset, u8), owner, sized(second, u8)]);
const row = (type, log_index, leg, ...members) => concat([u8(type), u32(log_index), u16(leg), ...members]);

const start = keccak256(concat([toUtf8Bytes("altledger block roots 1"), u64(31337), repeat("11", 32), u32(1)]));
const next = (previous, number, hash, rows) => keccak256(concat([u8(1), previous, u64(number), hash, keccak256(concat(rows))]));

const token = repeat("aa", 20), zero = repeat("00", 20), alice = repeat("a1", 20), bob = repeat("b0", 20);
const issued = { book: 2, asset: token, owner: zero }, holder = { book: 1, asset: token, owner: alice };
const id_asset = concat([token, u256(77)]);
const issued_id = { book: 2, asset: id_asset, owner: zero }, holder_id = { book: 1, asset: id_asset, owner: bob };
const end = 0xffffffff;

const block_7 = next(start, 7, repeat("22", 32), [
    row(1, 3, 0, u32(9), repeat("33", 32), token, u8(2), repeat("44", 32), repeat("55", 32), sized("0x010203", u32)),
    row(2, 3, 0, account(issued), account(holder), u8(0), u256(MAX), u256(MAX)), // mint of 2^256 - 1
    row(2, 3, 1, account(holder), account(issued), u8(0), u256(MAX), u256(MAX)),
    row(1, 4, 0, u32(9), repeat("33", 32), token, u8(0), sized("0x", u32)),
    row(2, 4, 0, account(holder), account(issued), u8(1), u256(1), u256(MAX - 1n)), // burn of 1
    row(2, 4, 1, account(issued), account(holder), u8(1), u256(1), u256(MAX - 1n)),
    row(0x10, 4, 2, alice, token, bob), // delegate
    row(0x12, 5, 0, token, bob), // vault_asset
    row(0x13, 5, 1, token, u8(1)), // paused
    row(3, end, 0, u8(1), sized(token, u8), u512(MAX), u512(1), u64(1)), // controls, by book and asset
    row(3, end, 1, u8(2), sized(token, u8), u512(1), u512(MAX), u64(1)),
]);
const block_9 = next(block_7, 2 ** 31 - 1, repeat("66", 32), [
    row(2, 0, 0, account(issued_id), account(holder_id), u8(0), u256(5), u256(5)),
    row(2, 0, 1, account(holder_id), account(issued_id), u8(0), u256(5), u256(5)),
    row(0x11, 0, 2, token, sized(`0x${Buffer.from("a reason").toString("hex")}`, u32)),
    row(3, end, 0, u8(1), sized(id_asset, u8), u512(5), u512(0), u64(1)),
    row(3, end, 1, u8(2), sized(id_asset, u8), u512(0), u512(5), u64(1)),
]);
console.log({ start, block_7, block_9 });
