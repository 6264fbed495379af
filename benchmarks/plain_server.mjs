// The least that Node does for an event: reads the body, parses it, answers. It keeps nothing and checks nothing.
import { createServer } from 'node:http';

createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    if (body) JSON.parse(body);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"success":true,"timestamp":"2026-01-01T00:00:00.000Z"}');
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
