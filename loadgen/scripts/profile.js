// The load profile as k6's scenarios, whose requests they may be.
import { ARRIVALS, BARRIER_GRACE_MS, PLANNED_MS, RAMPS, config, finishWithinMs, load, pod } from './trial.js';

const EDGE_GRACE_MS = 15000; // for the last snapshot, after the planned end
const K6_SHORTEST_MS = 1000; // of a constant executor

export function checkLoad() {
  checkPods();
  checkTimes();
}

// For the barriers, and for `more` beside them.
export function timeouts(more = 0) {
  return {
    setupTimeout: `${2 * config.deadlines.readyMs + 2 * BARRIER_GRACE_MS + more}ms`,
    teardownTimeout: `${finishWithinMs() + 2 * BARRIER_GRACE_MS + more}ms`,
  };
}

// The pods of an Indexed Job have the same command line and differ in their number only.
export function segment() {
  if (config.pods === 1) return {};
  const cut = (i) => (i === 0 || i === config.pods ? `${i / config.pods}` : `${i}/${config.pods}`);
  const cuts = Array.from({ length: config.pods + 1 }, (_, i) => cut(i));
  return {
    executionSegment: `${cut(pod)}:${cut(pod + 1)}`,
    executionSegmentSequence: cuts.join(','),
  };
}

function checkPods() {
  // Each pod would have a share, and end by itself: where the measurement ends nobody would know.
  if (load.iterations && config.pods > 1) {
    throw new Error(`${config.run}: load.iterations are not shared by ${config.pods} pods`);
  }
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

export function measureScenario(exec) {
  return {
    exec,
    startTime: `${load.warmupMs}ms`,
    gracefulStop: `${load.gracefulStopMs}ms`,
    ...profile(),
  };
}

function profile() {
  if (load.iterations) return shared();
  return RAMPS ? ramp() : constant(load.durationMs);
}

// Whoever of the users is free makes the next one, until all are made or the time is over.
function shared() {
  return {
    executor: 'shared-iterations',
    vus: load.virtualUsers,
    iterations: load.iterations,
    maxDuration: `${load.durationMs}ms`,
  };
}

// The warm-up ends its own requests inside its time: measuring begins with an idle service, the
// service's count of requests is the measurement's alone, and no virtual user is needed twice. In a
// closed loop each user sees to it (warmup.js), and the rest is for answers that take longer at last.
export function warmupScenario(exec) {
  const settleMs = settlingMs();
  return { exec, gracefulStop: `${settleMs}ms`, ...constant(load.warmupMs - settleMs) };
}

export function settlingMs() {
  const spareMs = Math.min(Math.floor(load.warmupMs / 4), load.warmupMs - K6_SHORTEST_MS);
  return Math.min(load.gracefulStopMs, spareMs);
}

export function onceScenario(name) {
  return { executor: 'shared-iterations', vus: 1, ...once(name) }; // with several pods one has it
}

export function onceInEachPod(name) {
  return { executor: 'per-vu-iterations', vus: config.pods, ...once(name) };
}

function once(name) {
  return {
    exec: name,
    iterations: 1,
    startTime: `${load.warmupMs}ms`,
    maxDuration: `${PLANNED_MS + EDGE_GRACE_MS}ms`,
    gracefulStop: '0s',
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
  const { rate, timeUnitMs, maxVirtualUsers: users, readyVirtualUsers: ready } = load;
  return arrivals({ rate, timeUnitMs, users, ready, ...times });
}

// Our own executor. Those users that are `ready` exist from the start, by default all of them.
export function arrivals({ rate, timeUnitMs = 1000, users, ready = users, durationMs, rampUpMs = 0 }) {
  return {
    executor: 'loadlab-arrivals',
    arrivals: load.arrivals,
    seed: load.arrivalsSeed,
    rate,
    timeUnit: `${timeUnitMs}ms`,
    rampUp: `${rampUpMs}ms`,
    duration: `${durationMs}ms`,
    vus: users,
    ready: Math.min(ready, users),
  };
}
