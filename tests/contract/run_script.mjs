// Runs the scenario script under Node.js with k6's modules replaced, and tells which names of the
// configuration it read. A name that the schema does not have throws at the place that read it.
//
//   node run_script.mjs SCRIPTS < {"configuration": …, "schemas": {file: …}}
//
// prints {"read": ["load.rate", …], "printed": [{"loadlab_account": …}, …], "requests": [{…}]}
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const parse = JSON.parse;
const { configuration, schemas } = parse(readFileSync(0, 'utf8'));
const read = new Set();
const printed = [];
const requests = [];
let now = Date.now();

// --- the configuration, watched ---------------------------------------------------------------

function resolve(schema, file) {
  if (!schema.$ref) return [schema, file];
  const [name, pointer] = schema.$ref.split('#');
  const place = name || file;
  const found = (pointer || '').split('/').slice(1).reduce((at, key) => at[key], schemas[place]);
  return resolve(found, place);
}

// Of several possible schemas the one for objects; `null` needs none.
function objectSchema(given, fromFile) {
  const [schema, file] = resolve(given, fromFile);
  const choices = (schema.anyOf || [schema]).map((choice) => resolve(choice, file));
  return choices.find(([choice]) => choice.properties || choice.items || choice.additionalProperties)
    || choices[0];
}

function watch(value, given, fromFile, path) {
  if (value === null || typeof value !== 'object') return value;
  const [schema, file] = objectSchema(given, fromFile);
  return new Proxy(value, {
    get(target, key) {
      if (typeof key === 'symbol' || Array.isArray(target) && key in Array.prototype) return target[key];
      if (Array.isArray(target)) return watch(target[key], schema.items, file, `${path}[]`);
      const known = (schema.properties || {})[key];
      if (known) {
        const name = path ? `${path}.${key}` : key;
        read.add(name);
        return watch(target[key], known, file, name);
      }
      if (typeof schema.additionalProperties === 'object') {
        return watch(target[key], schema.additionalProperties, file, `${path}.*`);
      }
      throw new Error(`the script reads ${path ? `${path}.` : ''}${key}, which the schema of the trial configuration does not have`);
    },
  });
}

// --- k6, as far as the script uses it ------------------------------------------------------------

const answers = {
  arrive: { startInMs: 100 },
  finish: { run: configuration.run, drained: true, drainSeconds: 0 },
  snapshot: { run: configuration.run, takenAt: 1, components: {}, errors: {},
    sharedCpus: { cpus: 1, cpuSeconds: 0, stealSeconds: 0 } },
};
let written = 0;
let lastBody = '';

globalThis.__loadlab = {
  request(method, url, body, params) {
    now += 5;
    requests.push({ method, url, body, timeout: params.timeout, name: params.tags.name, headers: params.headers });
    return { status: 200, headers: { 'X-Cache': 'hit' }, cookies: { sid: [{ value: 'of-sid' }] }, timings: { duration: 1 }, body: answer(url, method, body) };
  },
  print(key, text) { printed.push({ [key]: parse(text) }); },
  steward: {
    arrive: () => said('arrive'),
    look: () => said('snapshot'),
    snapshot(edge) { printed.push({ loadlab_snapshot: { edge, ...answers.snapshot } }); },
    finish(body, withinMs, drained) {
      requests.push({ method: 'POST', url: 'finish', body, timeout: withinMs, name: 'finish' });
      if (drained) printed.push({ loadlab_snapshot: { edge: 'drained', ...answers.snapshot } });
      printed.push({ loadlab_account: answers.finish });
      return said('finish');
    },
  },
  sleep(seconds) { now += Math.max(seconds, 0.001) * 1000; },
  scenario: { name: 'measure', startTime: now, iterationInTest: 0 },
};

function said(verb) {
  return { status: 200, body: JSON.stringify(answers[verb]), error: '' };
}

function answer(url, method, body) {
  if (method === 'POST') {
    lastBody = body;
    return JSON.stringify({ id: (written += 1) });
  }
  const named = /"name":"([^"]*)"/.exec(lastBody || '');
  return JSON.stringify(named ? [{ id: written, name: named[1] }] : []);
}

const modules = {
  'index.js': 'export const sleep = (s) => globalThis.__loadlab.sleep(s);',
  'http.js': 'export default { request: (...given) => globalThis.__loadlab.request(...given),' +
    ' expectedStatuses() {}, setResponseCallback() {} };',
  'execution.js': 'export default { get scenario() { return globalThis.__loadlab.scenario; },' +
    ' vu: { idInInstance: 1 }, test: { abort(why) { throw new Error(why); } } };',
  'data.js': 'export class SharedArray { constructor(name, make) { return make(); } }',
  'x/loadlab.js': 'export const print = (...given) => globalThis.__loadlab.print(...given);' +
    ' export const checkHidden = () => {};',
  'x/steward.js': ['arrive', 'finish', 'look', 'snapshot'].map((verb) => (
    `export const ${verb} = (...given) => globalThis.__loadlab.steward.${verb}(...given);`)).join(''),
  'x/arrivals.js': 'export const mark = () => {}; export const began = () => Date.now();',
  'x/clock.js': 'export const steadyMs = () => Date.now();',
  'x/iterations.js': 'export const ended = () => {}, wait = () => {}, reached = () => true;',
  'x/noop.js': 'export const address = () => "http://127.0.0.1:1";',
  'metrics.js': 'export class Counter { add() {} } export class Trend { add() {} }',
};

function install(scripts) {
  const folder = mkdtempSync(join(tmpdir(), 'loadlab-script-'));
  cpSync(scripts, folder, { recursive: true });
  const k6 = join(folder, 'node_modules', 'k6');
  mkdirSync(join(k6, 'x'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const exports = { '.': './index.js', './http': './http.js', './execution': './execution.js', './metrics': './metrics.js', './data': './data.js', './x/loadlab': './x/loadlab.js', './x/arrivals': './x/arrivals.js', './x/clock': './x/clock.js', './x/iterations': './x/iterations.js', './x/noop': './x/noop.js', './x/steward': './x/steward.js' };
  writeFileSync(join(k6, 'package.json'), JSON.stringify({ name: 'k6', type: 'module', exports }));
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(k6, name), text);
  return folder;
}

// --- the run --------------------------------------------------------------------------------------

const folder = install(process.argv[2]);
const text = JSON.stringify(configuration);
const secrets = configuration.requests.flatMap((request) => Object.values(request.secretHeaders || {}));
globalThis.__VU = 0;
globalThis.require = () => ({ default() {}, browse() {}, options: { vus: 1, batch: 2 } });
globalThis.open = () => 'Ulm\nKöln\n';
globalThis.__ENV = {
  TRIAL_0: text, JOB_COMPLETION_INDEX: '0',
  ...Object.fromEntries(secrets.map(({ variable }) => [variable, 'the-secret'])),
};
JSON.parse = (given, ...rest) => (given === text
  ? watch(parse(given), schemas['trial-configuration.schema.json'], 'trial-configuration.schema.json', '')
  : parse(given, ...rest));
const realNow = Date.now;
Date.now = () => now;
const log = console.log;
console.log = () => { throw new Error('the script logs a line that nobody reads'); };
try {
  const script = await import(pathToFileURL(join(folder, configuration.script ? 'own.js' : 'scenario.js')));
  const data = await script.setup();
  for (const [name, { exec }] of Object.entries(script.options.scenarios)) {
    for (let i = 0; i < (/^(loadOnce|countedOnce)$/.test(exec) ? 50 : 1); i += 1) {
      globalThis.__loadlab.scenario = { name, startTime: now, iterationInTest: i };
      await script[exec](data);
    }
  }
  now = data.startedAt + 1e9;
  await script.teardown(data);
  log(JSON.stringify({ read: [...read].sort(), printed, requests, options: script.options }));
} finally {
  Date.now = realNow;
  rmSync(folder, { recursive: true });
}
