import { validate } from './validation.mjs';

validate('SQLite');
