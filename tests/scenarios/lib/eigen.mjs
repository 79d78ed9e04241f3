// tests/scenarios/lib/eigen.mjs - EigenLayer in miniature (tests/contracts/EigenViews.sol) on a local node: deploy it, tell it what to do.
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "./anvil.mjs";
import { accounts, deploy, mine, send } from "./chain.mjs";
import { built } from "./economy.mjs";

const { Interface } = createRequire(join(root, "tests/package.json"))("ethers");
export const WAD = 10n ** 18n;
export const DEALLOCATION_DELAY = 15;

export class Eigen {
    static async start(node) {
        const e = new Eigen(), contracts = built();
        e.node = node;
        e.people = (await accounts(node)).map((a) => a.toLowerCase());
        e.abi = {};
        const make = async (name, ...args) => {
            e.abi[name] = new Interface(contracts[name].abi);
            return (await deploy(node, contracts[name].bytecode + e.abi[name].encodeDeploy(args).slice(2), e.people[0])).toLowerCase();
        };
        e.EigenStrategies = await make("EigenStrategies");
        e.EigenAllocations = await make("EigenAllocations", DEALLOCATION_DELAY);
        e.EigenDelegation = await make("EigenDelegation", e.EigenStrategies, e.EigenAllocations);
        await e.block(["EigenAllocations", "setDelegation", e.EigenDelegation]);
        e.strategies = [await make("EigenStrategy"), await make("EigenStrategy")];
        return e;
    }

    /** Entries of a network file. */
    get contracts() {
        return [
            { kind: "eigenlayer.delegation_manager", name: "delegation manager", address: this.EigenDelegation },
            { kind: "eigenlayer.strategy_manager", name: "strategy manager", address: this.EigenStrategies },
            { kind: "eigenlayer.allocation_manager", name: "allocation manager", address: this.EigenAllocations },
            ...this.strategies.map((address, i) => ({ kind: "eigenlayer.strategy", name: `strategy ${i}`, address })),
        ];
    }

    call(name, method, ...args) {
        return { from: this.people[0], to: this[name], data: this.abi[name].encodeFunctionData(method, args), gas: "0xf4240" };
    }

    /** One block of calls [contract, method, ...arguments]; each must go through. */
    async block(...calls) {
        const hashes = await send(this.node, calls.map((c) => this.call(...c)));
        await mine(this.node);
        for (const [i, receipt] of (await this.node.askMany(hashes.map((h) => ["eth_getTransactionReceipt", [h]]))).entries())
            if (receipt?.status !== "0x1") throw new Error(`reverted: ${calls[i]}`);
    }
}
