// The one k6 script of every trial. What it does stands in TRIAL_0 (TRIAL_1, …), so that two
// trials differ in configuration only. setup() waits for the service and the other pods; `warmup`
// and `measure` load, `side` sends light requests beside them, `freshness` looks how stale answers
// are, `edges` takes snapshots at both ends of the measurement, `ceiling` asks nothing as fast as it
// can in a calibration; teardown() waits until the work is
// done and prints the account.
import { freshness } from './freshness.js';
import { ceilingOnce, loadOnce, sideOnce } from './request.js';
import { edges, setup, teardown } from './steward.js';
import {
  ARRIVALS, BARRIER_GRACE_MS, FOLLOWS, PLANNED_MS, RAMPS, config, finishWithinMs, load, pod,
} from './trial.js';

export { ceilingOnce, edges, freshness, loadOnce, setup, sideOnce, teardown };

const EDGE_GRACE_MS = 15000; // for the last snapshot, after the planned end
const K6_SHORTEST_MS = 1000; // of a constant executor
const CEILING_AFTER_MS = 500; // the snapshot at the end of the measurement is taken meanwhile
const SIDE_STALL_SECONDS = 5; // the side load is there to show stalls

checkPods();
checkTimes();

// Where a host beyond the cluster may not lead, whatever its name is resolved to: this machine, and
// what is next to it, among it the metadata of a cloud's machines.
const INNER_ADDRESSES = [
  '127.0.0.0/8', '169.254.0.0/16', '0.0.0.0/8', '::/127', 'fe80::/10', 'fd00:ec2::254/128',
];

export const options = {
  scenarios: scenarios(),
  ...segment(),
  ...(config.outside ? { blacklistIPs: INNER_ADDRESSES } : {}),
  discardResponseBodies: true,
  throw: true, // also for a URL that cannot be read, which k6 would log for each request
  systemTags: systemTags(),
  setupTimeout: `${2 * config.deadlines.readyMs + 2 * BARRIER_GRACE_MS}ms`,
  teardownTimeout: `${finishWithinMs() + 2 * BARRIER_GRACE_MS}ms`,
};

// The fewer, the cheaper is each request; an error's text is there only where one failed. By user and
// iteration the output joins the answers of a request whose redirects were followed.
function systemTags() {
  return ['scenario', 'name', 'status', 'error', ...(FOLLOWS ? ['vu', 'iter'] : [])];
}

// The pods of an Indexed Job have the same command line and differ in their number only.
function segment() {
  if (config.pods === 1) return {};
  const cut = (i) => (i === 0 || i === config.pods ? `${i / config.pods}` : `${i}/${config.pods}`);
  const cuts = Array.from({ length: config.pods + 1 }, (_, i) => cut(i));
  return {
    executionSegment: `${cut(pod)}:${cut(pod + 1)}`,
    executionSegmentSequence: cuts.join(','),
  };
}

function checkPods() {
  const users = ARRIVALS ? load.maxVirtualUsers : load.virtualUsers;
  if (!(users >= config.pods)) {
    throw new Error(`${config.run}: ${users} virtual users cannot be shared by ` +
      `${config.pods} pods: raise virtualUsers or lower parallelism`);
  }
}

function checkTimes() {
  const warmupFits = load.warmupMs === 0 || load.warmupMs >= K6_SHORTEST_MS;
  if (!warmupFits || load.durationMs < K6_SHORTEST_MS) {
    throw new Error(`${config.run}: duration ${load.durationMs} ms and warmup ` +
      `${load.warmupMs} ms: k6 loads for no less than 1 s; only the warm-up may be 0`);
  }
}

function scenarios() {
  return {
    ...(load.warmupMs > 0 && { warmup: warmupScenario() }),
    measure: measureScenario(),
    edges: onceScenario('edges', EDGE_GRACE_MS),
    ...(config.side && { side: sideScenario() }),
    ...(config.calibration && { ceiling: ceilingScenario() }),
    ...(config.freshness && { freshness: onceScenario('freshness', EDGE_GRACE_MS) }),
  };
}

function measureScenario() {
  return {
    exec: 'loadOnce',
    startTime: `${load.warmupMs}ms`,
    gracefulStop: `${load.gracefulStopMs}ms`,
    ...(RAMPS ? ramp() : constant(load.durationMs)),
  };
}

// The warm-up ends its own requests inside its time: measuring begins with an idle service, the
// service's count of requests is the measurement's alone, and no virtual user is needed twice.
function warmupScenario() {
  const spareMs = Math.min(Math.floor(load.warmupMs / 4), load.warmupMs - K6_SHORTEST_MS);
  const settleMs = Math.min(load.gracefulStopMs, spareMs);
  return { exec: 'loadOnce', gracefulStop: `${settleMs}ms`, ...constant(load.warmupMs - settleMs) };
}

function onceScenario(name, graceMs) {
  return {
    executor: 'shared-iterations', // with several pods it falls to one of them
    exec: name,
    vus: 1,
    iterations: 1,
    startTime: `${load.warmupMs}ms`,
    maxDuration: `${PLANNED_MS + graceMs}ms`,
    gracefulStop: '0s',
  };
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

function constant(ms) {
  const duration = `${ms}ms`;
  if (!ARRIVALS) return { executor: 'constant-vus', vus: load.virtualUsers, duration };
  return offered({ durationMs: ms });
}

function ramp() {
  if (ARRIVALS) return offered({ durationMs: load.durationMs, rampUpMs: load.rampUpMs });
  const target = load.virtualUsers;
  const stages = [
    { duration: `${load.rampUpMs}ms`, target },
    { duration: `${load.durationMs}ms`, target },
  ];
  return { executor: 'ramping-vus', startVUs: 0, stages };
}

function offered(times) {
  const { rate, timeUnitMs, maxVirtualUsers: users } = load;
  return arrivals({ rate, timeUnitMs, users, ...times });
}

// Our own executor. All users exist from the start: one made on demand comes too late for the
// arrival that asked.
function arrivals({ rate, timeUnitMs = 1000, users, durationMs, rampUpMs = 0 }) {
  return {
    executor: 'loadlab-arrivals',
    arrivals: load.arrivals,
    seed: load.arrivalsSeed,
    rate,
    timeUnit: `${timeUnitMs}ms`,
    rampUp: `${rampUpMs}ms`,
    duration: `${durationMs}ms`,
    vus: users,
  };
}
