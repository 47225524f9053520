// The one k6 script of every trial. What it does stands in TRIAL_0 (TRIAL_1, …), so that two
// trials differ in configuration only. setup() waits for the service and the other pods; `warmup`
// and `measure` load, `side` sends light requests beside them, `freshness` looks how stale answers
// are, `edges` takes snapshots at both ends of the measurement, `ceiling` asks nothing as fast as it
// can in a calibration; teardown() waits until the work is
// done and prints the account. With a script of the user's own it is own.js instead.
import * as iterations from 'k6/x/iterations';
import { freshness } from './freshness.js';
import { arrivals, checkLoad, measureScenario, onceScenario, segment, timeouts, warmupScenario } from './profile.js';
import { ceilingOnce, loadOnce, sideOnce } from './request.js';
import { edges, setup, teardown } from './steward.js';
import { ARRIVALS, FOLLOWS, PLANNED_MS, config, load, tags } from './trial.js';
import { warmUp } from './warmup.js';

export { ceilingOnce, edges, freshness, loadOnce, setup, sideOnce, teardown };

const CEILING_AFTER_MS = 500; // the snapshot at the end of the measurement is taken meanwhile
const SIDE_STALL_SECONDS = 5; // the side load is there to show stalls

checkLoad();

// Where a host beyond the cluster may not lead, whatever its name is resolved to: this machine, and
// what is next to it, among it the metadata of a cloud's machines.
const INNER_ADDRESSES = [
  '127.0.0.0/8', '169.254.0.0/16', '0.0.0.0/8', '::/127', 'fe80::/10', 'fd00:ec2::254/128',
  // Metadata of Alibaba, Azure, Oracle and, by IPv6, Google.
  '100.100.100.200/32', '168.63.129.16/32', '192.0.0.192/32', 'fd20:ce::254/128',
];

export const options = {
  scenarios: scenarios(),
  ...segment(),
  ...(config.outside ? { blacklistIPs: INNER_ADDRESSES } : {}),
  ...timeouts(),
  discardResponseBodies: true,
  throw: true, // also for a URL that cannot be read, which k6 would log for each request
  systemTags: systemTags(),
  ...(config.tags && { tags: tags() }),
};

// The fewer, the cheaper is each request; an error's text is there only where one failed. By user and
// iteration the output joins the answers of a request whose redirects were followed.
function systemTags() {
  return ['scenario', 'name', 'status', 'error', ...(FOLLOWS ? ['vu', 'iter'] : [])];
}

function scenarios() {
  return {
    ...(load.warmupMs > 0 && { warmup: warmupScenario(ARRIVALS ? 'loadOnce' : 'warmOnce') }),
    measure: measureScenario(load.iterations ? 'countedOnce' : 'loadOnce'),
    edges: onceScenario('edges'),
    ...(config.side && { side: sideScenario() }),
    ...(config.calibration && { ceiling: ceilingScenario() }),
    ...(config.freshness && { freshness: onceScenario('freshness') }),
  };
}

export function warmOnce() {
  warmUp(loadOnce);
}

// An iteration where their number is the load; one that fails has ended, too.
export function countedOnce() {
  try {
    loadOnce();
  } finally {
    iterations.ended(load.iterations);
  }
}

function ceilingScenario() {
  return {
    executor: 'constant-vus',
    exec: 'ceilingOnce',
    vus: config.calibration.users,
    duration: `${config.calibration.durationMs}ms`,
    startTime: `${load.warmupMs + PLANNED_MS + CEILING_AFTER_MS}ms`,
    gracefulStop: '0s',
  };
}

// An open model beside a closed one: a service that stalls does not slow these requests down.
function sideScenario() {
  return {
    exec: 'sideOnce',
    startTime: `${load.warmupMs}ms`,
    gracefulStop: `${load.gracefulStopMs}ms`,
    ...arrivals({
      rate: config.side.perSecond,
      durationMs: PLANNED_MS,
      users: Math.max(Math.ceil(config.side.perSecond * SIDE_STALL_SECONDS), config.pods),
    }),
  };
}
