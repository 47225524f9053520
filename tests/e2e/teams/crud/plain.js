// The requests of experiment.yaml, as they are made by somebody who has k6 and nothing else.
import { check, fail, sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';

const SECONDS = 10;
const load = { executor: 'constant-vus', vus: 4, gracefulStop: '0s' };
const json = { 'Content-Type': 'application/json' };

export const options = {
  scenarios: {
    warmup: { ...load, duration: '2s' },
    measure: { ...load, startTime: '2s', duration: `${SECONDS}s` },
  },
  thresholds: { // without them the summary has no figures of a scenario
    'http_reqs{scenario:measure}': ['count>0'],
    'http_req_failed{scenario:measure}': ['rate<0.01'],
    'http_req_duration{scenario:measure}': ['p(95)<1000'],
  },
};

function ask(method, path, body, headers) {
  const answer = http.request(method, `${__ENV.TARGET}${path}`, body && JSON.stringify(body), { headers });
  if (!check(answer, { good: ({ status }) => status >= 200 && status < 300 })) {
    fail(`${method} ${path}: ${answer.status} ${answer.body}`);
  }
  sleep(0.1);
  return answer;
}

export default function () {
  const number = exec.scenario.iterationInTest;
  const user = 1 + number % 20;
  const credentials = { email: `user${user}@example.org`, password: `password-${user}` };
  const token = ask('POST', '/login', credentials, json).json('access_token');
  const headers = { ...json, Authorization: `Bearer ${token}` };
  const article = { title: `article ${number}`, text: 'what is to be said' };
  const path = `/articles/${ask('POST', '/articles', article, headers).json('id')}`;
  ask('GET', '/articles', null, headers);
  ask('GET', path, null, headers);
  ask('PUT', path, article, headers);
  ask('DELETE', path, null, headers);
}

export function handleSummary({ metrics }) {
  const { values } = metrics['http_req_duration{scenario:measure}'];
  const figures = {
    requestsPerSecond: metrics['http_reqs{scenario:measure}'].values.count / SECONDS,
    p50: values.med,
    p95: values['p(95)'],
    failedRate: metrics['http_req_failed{scenario:measure}'].values.rate,
  };
  return { stdout: `${JSON.stringify(figures)}\n` };
}
