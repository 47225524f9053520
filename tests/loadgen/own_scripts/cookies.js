import http from 'k6/http';
import { check, sleep } from 'k6';

export default function () {
  const { LOADLAB_TARGET: target } = __ENV;
  http.post(`${target}/login`);
  const jar = http.cookieJar();
  check(jar.cookiesForURL(target), { 'has a session': ({ sid }) => sid && sid[0].length > 0 });
  check(http.get(`${target}/private`), { 'is known': ({ status }) => status === 200 });
  sleep(0.05);
}
