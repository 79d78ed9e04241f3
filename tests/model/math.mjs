// tests/model/math.mjs - the arithmetic of EigenLayer's SlashingLib over bigints, and the bounds of what logs determine.

export const WAD = 10n ** 18n;

export const mul = (x, y) => x * y / WAD;
export const div = (x, y) => x * WAD / y;
export const ceil_div = (x, y) => (x + y - 1n) / y;
export const mul_up = (x, y) => ceil_div(x * y, WAD);

export const withdrawable = (deposit, factor, slashing) => mul(mul(deposit, factor), slashing);

/** What a fall of the magnitude takes; the rest is rounded up, so that never too much is taken. */
export const slashed = (shares, before, after) => shares - ceil_div(shares * after, before);

/** The scaling factor after `added` shares. */
export function scale(factor, prior, added, slashing) {
    if (prior === 0n) return div(factor, slashing);
    return div(div(withdrawable(prior, factor, slashing) + added, prior + added), slashing);
}

/** The deposit shares x whose scaled form is q under the factor: floor(x * factor / WAD) = q, x >= 1. */
export function preimages(q, factor) {
    const low = ceil_div(q * WAD, factor), high = ceil_div((q + 1n) * WAD, factor) - 1n;
    return [low > 0n ? low : 1n, high];
}
