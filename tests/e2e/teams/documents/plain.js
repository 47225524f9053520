// The requests of experiment.yaml, as they are made by somebody who has k6 and nothing else.
import { check, fail, sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';

const SECONDS = 10;
const load = { executor: 'constant-vus', vus: 8, gracefulStop: '0s' };
const texts = ['the quick brown fox', 'jumps over the lazy dog', 'pack my box', 'with five dozen jugs'];
const words = ['fox', 'dog', 'box', 'jugs', 'nothing'];

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

function good(answer) {
  if (!check(answer, { good: ({ status }) => status >= 200 && status < 300 })) {
    fail(`${answer.request.method} ${answer.request.url}: ${answer.status} ${answer.body}`);
  }
  sleep(0.05);
  return answer;
}

export default function () {
  const number = exec.scenario.iterationInTest;
  const text = Array(4).fill(texts[number % texts.length]).join(', ');
  const file = http.file(text, `${number}.txt`, 'text/plain');
  const id = good(http.post(`${__ENV.TARGET}/documents`, { file })).json('id');
  good(http.get(`${__ENV.TARGET}/search?q=${words[number % words.length]}`));
  good(http.get(`${__ENV.TARGET}/documents/${id}`));
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
