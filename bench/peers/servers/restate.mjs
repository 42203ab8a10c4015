// A handler with one durable step, called through the ingress of the Restate server.
import { createServer } from 'node:http2';
import * as restate from '@restatedev/restate-sdk';

const analyses = restate.service({
  name: 'analyses',
  handlers: {
    analyze: async (context, { prompt }) => ({
      result: await context.run('echo', () => prompt),
      run_id: context.request().id,
    }),
  },
});

createServer(restate.createEndpointHandler({ services: [analyses] })).listen(
  Number(process.env.PEER_PORT), '127.0.0.1', () => console.log('peer: listening'));
