import { createHash } from 'node:crypto';
import { bearer, openFrame, request, type Frame } from './frame';

const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(100, 7)]);

let frame: Frame;
let app: ReturnType<Frame['app']>;
let customerKey: string;
let otherCustomerKey: string;
let sent = 0;

beforeAll(async () => {
  frame = await openFrame();
  app = frame.app();
  customerKey = await frame.keyOfCustomer('CUST-1');
  otherCustomerKey = await frame.keyOfCustomer('CUST-2');
});
afterAll(() => frame.close());

const upload = (content: Buffer, filename: string, key = frame.keys.agent, field = 'file') =>
  request(app)
    .post('/v1/evidence')
    .set(...bearer(key))
    .set('Idempotency-Key', `evidence-${(sent += 1)}`)
    .attach(field, content, { filename });
const download = (id: string, key: string) =>
  request(app)
    .get(`/v1/evidence/${id}`)
    .set(...bearer(key))
    .buffer(true)
    .parse((res, done) => {
      const parts: Buffer[] = [];
      res.on('data', (part: Buffer) => parts.push(part));
      res.on('end', () => done(null, Buffer.concat(parts)));
    });

test('a photo comes back to the byte, as an attachment that no browser runs', async () => {
  const stored = await upload(PNG, '左侧扶手.png');
  expect(stored.status).toBe(201);
  expect(stored.body).toEqual({
    id: expect.stringMatching(/^ev_/),
    sha256: createHash('sha256').update(PNG).digest('hex'),
    bytes: PNG.length,
    mime: 'image/png',
  });
  const got = await download(stored.body.id, frame.keys.reviewer);
  expect(Buffer.compare(got.body as Buffer, PNG)).toBe(0);
  expect(got.headers['content-type']).toBe('image/png');
  expect(got.headers['x-content-type-options']).toBe('nosniff');
  expect(got.headers['content-disposition']).toContain('attachment');
  expect(got.headers['content-disposition']).toContain(encodeURIComponent('左侧扶手.png'));
});

test('a repeated upload gets the same id and stores nothing again', async () => {
  const send = () =>
    request(app)
      .post('/v1/evidence')
      .set(...bearer(frame.keys.agent))
      .set('Idempotency-Key', 'twice')
      .attach('file', PNG, { filename: 'twice.png' });
  const first = await send();
  const second = await send();
  expect(second.text).toBe(first.text);
  expect(await frame.db.evidence.count({ where: { fileName: 'twice.png' } })).toBe(1);
});

test('the content decides the type: a page named like a photo is refused', async () => {
  const answer = await upload(Buffer.from('<html><script>alert(1)</script>'), 'photo.png');
  expect(answer.body).toMatchObject({ status: 415, code: 'evidence_type_not_allowed' });
});

test('too large a file, none, an empty one, the wrong field and a form with more are refused', async () => {
  const large = await upload(Buffer.concat([PNG, Buffer.alloc(40_000)]), 'large.png');
  expect(large.body).toMatchObject({ status: 413, code: 'body_too_large' });
  expect((await upload(Buffer.alloc(0), 'empty.png')).body).toMatchObject({ code: 'evidence_file_missing' });
  expect((await upload(PNG, 'a.png', frame.keys.agent, 'other')).body).toMatchObject({ code: 'evidence_file_missing' });
  const more = await upload(PNG, 'a.png').field('note', 'x');
  expect(more.body).toMatchObject({ code: 'evidence_file_missing' });
  const json = await request(app)
    .post('/v1/evidence')
    .set(...bearer(frame.keys.agent))
    .send({});
  expect(json.body).toMatchObject({ status: 415, code: 'unsupported_media_type' });
});

test('a file name may hold no card number, no folder and nothing that breaks a header', async () => {
  expect((await upload(PNG, 'card 4111-1111-1111-1111.png')).body).toMatchObject({ code: 'card_number_in_text' });
  const stored = await upload(PNG, '../../etc/pass\u202ewd.png');
  const row = await frame.db.evidence.findUniqueOrThrow({ where: { id: stored.body.id } });
  expect(row.fileName).toBe('passwd.png');
});

test('customers and systems see what they uploaded, staff see all, and readings are on record', async () => {
  const { body } = await upload(PNG, 'mine.png', customerKey);
  expect((await download(body.id, customerKey)).status).toBe(200);
  expect((await download(body.id, otherCustomerKey)).status).toBe(404);
  expect((await download(body.id, frame.keys.integrator)).status).toBe(404);
  expect((await download(body.id, frame.keys.finance)).status).toBe(200);
  const readings = await frame.db.auditEvent.findMany({ where: { type: 'evidence_read' } });
  expect(readings.filter(({ data }) => (data as { evidenceId: string }).evidenceId === body.id)).toHaveLength(2);
});
