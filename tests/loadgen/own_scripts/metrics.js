import http from 'k6/http';
import { sleep } from 'k6';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';

const parsing = new Trend('parsing', true);
const fields = new Trend('fields');
const bytes = new Counter('bytes_seen');
const odd = new Rate('odd');
const size = new Gauge('size');

export default function () {
  const answer = http.get(`${__ENV.LOADLAB_TARGET}/json`);
  parsing.add(12.5);
  fields.add(Object.keys(answer.json()).length);
  bytes.add(answer.body.length);
  odd.add(answer.status % 2);
  size.add(answer.body.length);
  sleep(0.05);
}
