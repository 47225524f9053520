// The k6 script of a trial whose requests a script of the user's own makes: that is a module beside
// this one, and what a trial is stays ours. Its options say how requests are made, and its scenarios
// what the load is where the experiment says so; its setup and teardown are called by name.
import { sleep } from 'k6';
import exec from 'k6/execution';
import { checkHidden } from 'k6/x/loadlab';
import { counted } from './exceptions.js';
import { refuseAddresses } from './imports.js';
import { ownEndMs, ownScenarios } from './own_scenarios.js';
import {
  checkLoad, measureScenario, onceInEachPod, onceScenario, segment, timeouts, warmupScenario,
} from './profile.js';
import { arrive, awaitService, teardown as account, tellEdges } from './steward.js';
import { PLANNED_MS, config, load, pod, tags } from './trial.js';
import { warmUp } from './warmup.js';

const OWN_PARTS_MS = 60000; // what k6 gives a setup and a teardown of its own
// How requests are made, or seen: these options of the script's own are in force.
const IN_FORCE = [
  'batch', 'batchPerHost', 'blacklistIPs', 'blockHostnames', 'discardResponseBodies', 'dns', 'hosts',
  'insecureSkipTLSVerify', 'maxRedirects', 'minIterationDuration', 'noConnectionReuse', 'noCookiesReset',
  'noVUConnectionReuse', 'rps', 'tags', 'throw', 'tlsAuth', 'tlsCipherSuites', 'tlsVersion', 'userAgent',
];
const OF_SCENARIOS = ['duration', 'iterations', 'scenarios', 'stages', 'vus'];
// By these the output tells requests apart, and why some failed.
const NEEDED_TAGS = ['scenario', 'name', 'status', 'error', 'expected_response'];

const { path, function: usual, scenarios: usesScenarios } = config.script;

checkHidden();
checkLoad();
refuseAddresses(path);
const own = require(path);
const given = own.options || {};
const planned = usesScenarios ? ownScenarios(given, path) : usualScenarios();
const plannedMs = usesScenarios ? ownEndMs(given, path) : PLANNED_MS;
const functions = Object.fromEntries(Object.entries(planned).map(([name, { calls }]) => [name, named(calls)]));

export const options = {
  ...inForce(),
  ...segment(),
  ...timeouts(OWN_PARTS_MS),
  scenarios: {
    ...Object.fromEntries(Object.entries(planned).map(([name, { scenario }]) => [name, scenario])),
    edges: usesScenarios ? onceInEachPod('edges') : onceScenario('edges'),
  },
  ext: { loadlab: { thresholds: thresholds(), ignored: ignored() } },
};

export async function setup() {
  awaitService();
  const data = own.setup ? await own.setup() : undefined;
  return { ...arrive(), own: data };
}

// What a promise comes to is k6's to wait for.
export function callOwn(data) {
  const { name } = exec.scenario;
  const once = () => counted(() => functions[name](data.own));
  return name.startsWith('warmup') ? warmUp(once) : once();
}

// Scenarios with a number of iterations end when they are made: no pod leaves the others before.
export function edges() {
  if (usesScenarios && pod > 0) sleep(plannedMs / 1000);
  else tellEdges(plannedMs);
}

export async function teardown(data) {
  account(data, plannedMs);
  if (own.teardown) await own.teardown(data.own);
}

function usualScenarios() {
  return {
    ...(load.warmupMs > 0 && { warmup: { calls: usual, scenario: warmupScenario('callOwn') } }),
    measure: { calls: usual, scenario: measureScenario('callOwn') },
  };
}

function named(name) {
  if (typeof own[name] === 'function') return own[name];
  const there = Object.keys(own).filter((each) => typeof own[each] === 'function');
  throw new Error(`${path} exports no function ${name}; it exports ${there.join(', ') || 'none'}`);
}

function inForce() {
  const taken = IN_FORCE.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]);
  const seen = given.systemTags && { systemTags: [...new Set([...given.systemTags, ...NEEDED_TAGS])] };
  const ours = config.tags && { tags: { ...given.tags, ...tags() } };
  return { ...Object.fromEntries(taken), ...seen, ...ours };
}

function ignored() {
  const heeded = new Set([...IN_FORCE, 'systemTags', 'thresholds', ...(usesScenarios ? OF_SCENARIOS : [])]);
  return Object.keys(given).filter((name) => !heeded.has(name));
}

// A threshold is a text, or an object with one; abortOnFail is not ours to obey.
function thresholds() {
  return Object.entries(given.thresholds || {}).flatMap(([metric, bounds]) => (
    [].concat(bounds).map((bound) => ({ metric, threshold: `${bound.threshold || bound}` }))
  ));
}
