// The scenarios of a script of the user's own, as a trial holds them: after the warm-up, within the
// measurement, and with the virtual users that its memory was meant for.
import { settlingMs } from './profile.js';
import { load } from './trial.js';

const OURS = /^(edges|warmup.*|freshness|side|ceiling)$/;
const UNITS = { ms: 1, s: 1000, m: 60000, h: 3600000 };
const MOST_OWN_SCENARIOS = 4; // each with a warm-up of its own
const PHASE = 'LOADLAB_PHASE'; // by which the output knows a scenario as a part of the measurement

export function ownScenarios(options, path) {
  const scenarios = Object.entries(options.scenarios || shorthand(options, path));
  check(scenarios, path);
  const warm = load.warmupMs > 0 ? scenarios : [];
  return Object.fromEntries([
    ...warm.map(([name, scenario]) => [`warmup-${name}`, warmup(scenario, scenarios.length)]),
    ...scenarios.map(([name, scenario]) => [name, measured(scenario)]),
  ]);
}

// k6 makes a scenario named default of these.
function shorthand({ duration, iterations, stages, vus }, path) {
  if (iterations) {
    return { default: { executor: 'shared-iterations', vus, iterations, maxDuration: duration } };
  }
  if (stages) return { default: { executor: 'ramping-vus', startVUs: vus, stages } };
  if (duration) return { default: { executor: 'constant-vus', vus, duration } };
  throw new Error(`${path} has no scenarios, stages, duration or iterations among its options, which ` +
    'load.executor Script asks for');
}

function check(scenarios, path) {
  if (scenarios.length > MOST_OWN_SCENARIOS) {
    throw new Error(`${path} has ${scenarios.length} scenarios: ${MOST_OWN_SCENARIOS} at most`);
  }
  for (const [name, scenario] of scenarios) checkOne(name, scenario, path);
  const users = scenarios.reduce((sum, [, scenario]) => sum + usersOf(scenario), 0);
  if (users > load.virtualUsers) {
    throw new Error(`the scenarios of ${path} have up to ${users} virtual users, and factors.virtualUsers ` +
      `is ${load.virtualUsers}, which memory and warm-up follow from: raise it`);
  }
}

// When the last of them has ended by its own times: the service rests from then on.
export function ownEndMs(options, path) {
  const scenarios = Object.entries(options.scenarios || shorthand(options, path));
  return Math.max(...scenarios.map(([name, scenario]) => endMs(name, scenario, path)));
}

function endMs(name, scenario, path) {
  return milliseconds(scenario.startTime) + lengthOf(scenario, name, path);
}

function checkOne(name, scenario, path) {
  if (OURS.test(name)) throw new Error(`${path}: the scenario ${name} is LoadLab's own: give it another name`);
  const ends = endMs(name, scenario, path);
  if (ends > load.durationMs) {
    throw new Error(`${path}: the scenario ${name} ends after ${ends} ms, and load.duration is ` +
      `${load.durationMs} ms: raise that, or give it a shorter duration or maxDuration`);
  }
}

function lengthOf({ executor, duration, maxDuration, stages }, name, path) {
  switch (executor) {
    case 'constant-vus': case 'constant-arrival-rate':
      return milliseconds(duration);
    case 'ramping-vus': case 'ramping-arrival-rate':
      return (stages || []).reduce((sum, stage) => sum + milliseconds(stage.duration), 0);
    case 'shared-iterations': case 'per-vu-iterations':
      return milliseconds(maxDuration || '10m');
    default:
      throw new Error(`${path}: the scenario ${name} has the executor ${executor}, which no trial can hold`);
  }
}

function usersOf({ vus, startVUs, stages, preAllocatedVUs, maxVUs }) {
  const targets = (stages || []).map((stage) => stage.target);
  if (preAllocatedVUs) return Math.max(preAllocatedVUs, maxVUs || 0);
  return Math.max(vus || 1, startVUs || 0, ...targets);
}

function milliseconds(text) {
  if (text === undefined || typeof text === 'number') return text || 0;
  return [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce((sum, [, n, unit]) => sum + n * UNITS[unit], 0);
}

function measured(scenario) {
  const startTime = `${load.warmupMs + milliseconds(scenario.startTime)}ms`;
  return { calls: scenario.exec || 'default', scenario: held(scenario, { startTime }, 'measure') };
}

// Its function, by as many users as it has of all.
function warmup(scenario, scenarios) {
  const { env, tags } = scenario;
  const settleMs = settlingMs();
  const constant = {
    executor: 'constant-vus', vus: Math.max(1, Math.floor(load.virtualUsers / scenarios)),
    duration: `${load.warmupMs - settleMs}ms`, gracefulStop: `${settleMs}ms`,
  };
  const same = { ...(env && { env }), ...(tags && { tags }) };
  return { calls: scenario.exec || 'default', scenario: held(same, constant, 'warmup') };
}

function held(scenario, more, phase) {
  const kept = Object.entries({ ...scenario, ...more }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(kept), exec: 'callOwn', env: { ...scenario.env, [PHASE]: phase } };
}
