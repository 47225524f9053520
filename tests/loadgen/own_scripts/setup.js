import http from 'k6/http';
import { check, sleep } from 'k6';

export async function setup() {
  const answer = await http.asyncRequest('POST', `${__ENV.LOADLAB_TARGET}/login`);
  return { session: answer.cookies.sid[0].value };
}

export async function browse(data) {
  const answer = await http.asyncRequest('GET', `${__ENV.LOADLAB_TARGET}/private`, null, {
    headers: { Cookie: `sid=${data.session}` },
  });
  check(answer, { 'is known': ({ status }) => status === 200 });
  sleep(0.05);
}

export default browse;

export function teardown(data) {
  http.post(`${__ENV.LOADLAB_TARGET}/logout`, data.session);
}
