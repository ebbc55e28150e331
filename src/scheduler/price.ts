// The price of a need: what an owner is charged from the start when its attempts use more than they declare.
import type { Declared } from '../core/owner-use.ts';
import type { Need } from './items.ts';
import { CPU_TOLERANCE } from './ledger.ts';

/** Multiplies the needs of one owner. */
export interface Price {
  readonly mem: number;
  readonly cpu: number;
}

/** The watchdog kills what stays above twice its estimate, so a larger ratio is a mistake and no habit. */
const MAX_PRICE = 2;
/** So an owner that declares too little waits longer than an honest one, also while the price follows its runs. */
const SURCHARGE = 1.2;
/** As if the owner had also used so much exactly as declared: one short attempt with a wrong estimate is no habit. */
const PRIOR_MS = 120_000;
const PRIOR_MEM_BYTES = 1024 ** 3;
const PRIOR_CORES = 1;

/**
 * Measured / declared over the attempts of an owner, its excess with a surcharge, from 1 to 2; null for an owner that keeps
 * its estimates. The prior draws the ratio to 1 while little is known (additive smoothing).
 */
export function priceOf({ declared, measured }: Declared): Price | null {
  const mem = ratio(measured.memByteMs, declared.memByteMs, PRIOR_MEM_BYTES * PRIOR_MS);
  const cpu = ratio(measured.cpuCoreMs, declared.cpuCoreMs, PRIOR_CORES * PRIOR_MS);
  return mem === 1 && cpu === 1 ? null : { mem, cpu };
}

function ratio(measured: number, declared: number, prior: number): number {
  const value = (measured + prior) / (declared + prior);
  return value <= CPU_TOLERANCE ? 1 : Math.min(MAX_PRICE, 1 + SURCHARGE * (value - 1));
}

/** `most`: what the host gives one task. The price alone makes no need larger than that. */
export function pricedNeed({ memBytes, cpuCores }: Need, price: Price, most: Need): Need {
  return {
    memBytes: Math.max(memBytes, Math.min(Math.round(price.mem * memBytes), most.memBytes)),
    cpuCores: Math.max(cpuCores, Math.min(price.cpu * cpuCores, most.cpuCores)),
  };
}
