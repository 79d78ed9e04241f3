// tests/model/tokens.mjs - ERC-20 tokens, one ERC-4626 vault and EigenLayer's strategies over them, as their contracts behave.
//
// Methods in camelCase are the contracts' external functions and take the caller first; the others serve the model.
import { need } from "./store.mjs";

export const ZERO = "0x" + "00".repeat(20);
const OFFSET = 10n ** 3n; // StrategyBase: SHARES_OFFSET = BALANCE_OFFSET
const MAX_TOTAL_SHARES = 10n ** 38n - 1n;
const WAD = 10n ** 18n;

/** OpenZeppelin's ERC-20, version 5: transferFrom emits no Approval. Everybody may mint. */
export class Token {
    constructor(world, address) {
        this.world = world;
        this.address = address;
    }

    emit(event, ...args) {
        this.world.emit("token", this.address, event, args);
    }

    balance(who) {
        return this.world.store.get(`balance/${this.address}/${who}`, 0n);
    }

    supply() {
        return this.world.store.get(`supply/${this.address}`, 0n);
    }

    set(who, amount) {
        this.world.store.put(`balance/${this.address}/${who}`, amount);
    }

    move(from, to, amount) {
        const { store } = this.world;
        if (from === ZERO) {
            store.put(`supply/${this.address}`, this.supply() + amount);
        } else {
            need(this.balance(from) >= amount, "ERC20InsufficientBalance");
            this.set(from, this.balance(from) - amount);
        }
        if (to === ZERO) store.put(`supply/${this.address}`, this.supply() - amount);
        else this.set(to, this.balance(to) + amount);
        this.emit("Transfer", from, to, amount);
    }

    spend(owner, spender, amount) {
        const key = `allowance/${this.address}/${owner}/${spender}`, allowed = this.world.store.get(key, 0n);
        if (allowed === 2n ** 256n - 1n) return; // OpenZeppelin: an infinite allowance is not lowered
        need(allowed >= amount, "ERC20InsufficientAllowance");
        this.world.store.put(key, allowed - amount);
    }

    mint(_caller, to, amount) {
        this.move(ZERO, to, amount);
    }

    transfer(caller, to, amount) {
        this.move(caller, to, amount);
    }

    approve(caller, spender, amount) {
        this.world.store.put(`allowance/${this.address}/${caller}/${spender}`, amount);
        this.emit("Approval", caller, spender, amount);
    }

    take(spender, from, to, amount) {
        this.spend(from, spender, amount);
        this.move(from, to, amount);
    }
}

/** OpenZeppelin's ERC-4626 without decimals offset: one virtual asset and one virtual share. */
export class Vault extends Token {
    constructor(world, address, asset) {
        super(world, address);
        this.asset = asset;
    }

    assets() {
        return this.asset.balance(this.address);
    }

    deposit(caller, assets, receiver) {
        const shares = assets * (this.supply() + 1n) / (this.assets() + 1n);
        this.asset.take(this.address, caller, this.address, assets);
        this.move(ZERO, receiver, shares);
        this.world.emit("vault", this.address, "Deposit", [caller, receiver, assets, shares]);
    }

    redeem(caller, shares, receiver, owner) {
        need(shares <= this.balance(owner), "ERC4626ExceededMaxRedeem");
        need(caller === owner, "ERC20InsufficientAllowance");
        const assets = shares * (this.assets() + 1n) / (this.supply() + 1n);
        this.move(owner, ZERO, shares);
        this.asset.move(this.address, receiver, assets);
        this.world.emit("vault", this.address, "Withdraw", [caller, receiver, owner, assets, shares]);
    }
}

/** StrategyBase: shares of what the strategy holds of one token, donations included. */
export class Strategy {
    constructor(world, name, address, token) {
        this.world = world;
        this.name = name;
        this.address = address;
        this.token = token;
    }

    total() {
        return this.world.store.get(`strategy/${this.address}`, 0n);
    }

    set_total(shares) {
        this.world.store.put(`strategy/${this.address}`, shares);
    }

    emit_rate(virtual_balance) {
        this.world.emit("strategy", this.address, "ExchangeRateEmitted", [WAD * virtual_balance / (this.total() + OFFSET)]);
    }

    /** After the tokens came in: new shares at the rate before. */
    receive(amount) {
        const prior = this.total(), virtual_balance = this.token.balance(this.address) + OFFSET;
        const shares = amount * (prior + OFFSET) / (virtual_balance - amount);
        need(shares !== 0n, "NewSharesZero");
        need(prior + shares <= MAX_TOTAL_SHARES, "TotalSharesExceedsMax");
        this.set_total(prior + shares);
        this.emit_rate(virtual_balance);
        return shares;
    }

    pay(recipient, shares) {
        const prior = this.total(), virtual_balance = this.token.balance(this.address) + OFFSET;
        need(shares <= prior, "WithdrawalAmountExceedsTotalDeposits");
        const amount = virtual_balance * shares / (prior + OFFSET);
        this.set_total(prior - shares);
        this.emit_rate(virtual_balance - amount);
        this.token.move(this.address, recipient, amount);
        return amount;
    }

    initialize(_caller, token) {
        need(token === this.token.address, "another token");
        this.world.emit("strategy", this.address, "StrategyTokenSet", [token, 18n]);
    }
}
