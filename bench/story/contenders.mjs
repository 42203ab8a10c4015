// Who stands in front of the analysis function, and with which settings: README.md says why with these.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const python = resolve(here, '../../tests/support/leaky_worker');
const wsgi = { PYTHONPATH: python, PYTHONDONTWRITEBYTECODE: '1' };

function holdfast() {
  return {
    name: 'Holdfast',
    hasWayBack: true,
    start: ({ build, directory, port, flags, limit }) => ({
      command: [join(build, 'holdfast'), 'serve', '--listen', `127.0.0.1:${port}`, '--data', mkdtempSync(join(directory, 'd')),
        '--worker', `exec /usr/bin/python3 ${python}/leaky_worker.py --socket {socket} ${flags}`],
      // One client stands for many users here: their limits would be what is measured.
      env: { MEMORY_LIMIT: `${limit}`, RATE_LIMIT_REQUESTS: '0', RATE_LIMIT_BURST: '0', HOLDFAST_LIMIT_WAITING: '0' },
    }),
  };
}

function gunicorn(workers, ...more) {
  return {
    name: `gunicorn -w ${workers} ${more.join(' ')}`,
    start: ({ port, flags }) => ({
      command: ['gunicorn', '--bind', `127.0.0.1:${port}`, '--workers', `${workers}`, '--timeout', '60', ...more, 'leaky_worker:application'],
      env: { ...wsgi, LEAKY_WORKER: flags },
    }),
  };
}

function uwsgi(processes, ...more) {
  return {
    name: `uWSGI --processes ${processes} ${more.join(' ')}`,
    start: ({ port, flags }) => ({
      command: ['uwsgi', '--plugin', 'python3', '--http-socket', `127.0.0.1:${port}`, '--master', '--processes', `${processes}`,
        '--lazy-apps', '--need-app', '--die-on-term', '--disable-logging', '--harakiri', '60', '--min-worker-lifetime', '0',
        '--forkbomb-delay', '0', ...more, '--module', 'leaky_worker:application'],
      env: { ...wsgi, LEAKY_WORKER: flags },
    }),
  };
}

function pm2(instances, maxMemory) {
  return {
    name: `PM2 -i ${instances} --max-memory-restart ${maxMemory}M`,
    start: ({ directory, port, mb, mbPerSecond }) => {
      const home = mkdtempSync(join(directory, 'pm2'));
      const app = {
        name: 'analysis', script: join(here, 'servers/leaky.mjs'), instances, exec_mode: instances > 1 ? 'cluster' : 'fork',
        max_memory_restart: `${maxMemory}M`, kill_timeout: 10_000, wait_ready: true, min_uptime: 100, max_restarts: 1_000_000,
        env: { PORT: `${port}`, RETAIN_MB: `${mb}`, MB_S: `${mbPerSecond}` },
      };
      writeFileSync(join(home, 'apps.json'), JSON.stringify({ apps: [app] }));
      return {
        command: [process.execPath, join(here, 'node_modules/pm2/bin/pm2-runtime'), 'start', join(home, 'apps.json')],
        // It looks every 30 s as it ships; far too seldom here.
        env: { PM2_HOME: home, PM2_WORKER_INTERVAL: '200', PM2_DISABLE_VERSION_CHECK: 'true' },
      };
    },
  };
}

export const contenders = {
  holdfast: holdfast(),
  'gunicorn-1': gunicorn(1, '--max-requests', '1'),
  'gunicorn-3': gunicorn(3, '--max-requests', '1'),
  'gunicorn-3-usual': gunicorn(3, '--max-requests', '1000', '--max-requests-jitter', '50'),
  'uwsgi-1': uwsgi(1, '--max-requests', '1'),
  'uwsgi-3': uwsgi(3, '--reload-on-rss', '200'),
  'pm2-1': pm2(1, 250),
  'pm2-3': pm2(3, 250),
};
