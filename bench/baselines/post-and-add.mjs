// The least that accepting work takes: Express, joi (the product's own schema) and one `queue.add`.
import express from 'express';
import { Queue } from 'bullmq';
import { sentBuildSchema } from '../../apps/web/dist/build-schema.js';
import { environment } from '../environment.mjs';

const { host, port, redisPort } = environment();
const queue = new Queue('baseline-builds', { connection: { host: '127.0.0.1', port: redisPort }, prefix: 'baseline' });
const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.use(express.json({ limit: '256kb' }));
app.get('/', (_request, response) => response.json({ ok: true }));
app.post('/instance-builds', async (request, response) => {
  const { error, value } = sentBuildSchema.validate(request.body, { abortEarly: false });
  if (error) return response.status(400).json({ error: error.message });
  const job = await queue.add('build-instances', value, { removeOnComplete: true });
  return response.status(202).json({ instance_builds: [{ id: job.id, state: 'pending', ...value.instance_builds }] });
});
app.listen(port, host);
