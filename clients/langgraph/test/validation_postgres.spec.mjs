import { Postgres } from '../../../tests/support/postgres.mjs';
import { validate } from './validation.mjs';

let postgres;
validate('PostgreSQL', {
  async prepare() {
    postgres = await Postgres.start();
    return ['--database', postgres.url];
  },
  release: async () => postgres?.stop(),
});
