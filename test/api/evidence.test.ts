import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { ClamdScanner, createEvidenceStorages } from '../../integrations/evidence';
import { EICAR, startClamd } from '../contract/evidence/support/clamd';
import { createEvidence } from '../../store';
import { bearer, openFrame, request, type Frame } from './frame';

let PNG: Buffer;

const image = (width = 40): sharp.Sharp =>
  sharp({ create: { width, height: 20, channels: 3, background: { r: 120, g: 80, b: 40 } } });

let frame: Frame;
let app: ReturnType<Frame['app']>;
let customerKey: string;
let otherCustomerKey: string;
let sent = 0;

beforeAll(async () => {
  PNG = await image().png().toBuffer();
  frame = await openFrame();
  app = frame.app();
  customerKey = await frame.keyOfCustomer('CUST-1');
  otherCustomerKey = await frame.keyOfCustomer('CUST-2');
});
afterAll(() => frame.close());

const upload = (content: Buffer, filename: string, key = frame.keys.agent, field = 'file', to = app) =>
  request(to)
    .post('/v1/evidence')
    .set(...bearer(key))
    .set('Idempotency-Key', `evidence-${(sent += 1)}`)
    .attach(field, content, { filename });
const download = (id: string, key: string, from = app) =>
  request(from)
    .get(`/v1/evidence/${id}`)
    .set(...bearer(key))
    .buffer(true)
    .parse((res, done) => {
      const parts: Buffer[] = [];
      res.on('data', (part: Buffer) => parts.push(part));
      res.on('end', () => done(null, Buffer.concat(parts)));
    });

test('a photo comes back as an attachment that no browser runs, and to the byte for those who weigh proof', async () => {
  const stored = await upload(PNG, '左侧扶手.png');
  expect(stored.status).toBe(201);
  expect(stored.body).toEqual({
    id: expect.stringMatching(/^ev_/),
    sha256: createHash('sha256').update(PNG).digest('hex'),
    bytes: PNG.length,
    mime: 'image/png',
  });
  const original = await download(`${stored.body.id}/original`, frame.keys.auditor);
  expect(Buffer.compare(original.body as Buffer, PNG)).toBe(0);
  const got = await download(stored.body.id, frame.keys.reviewer);
  expect((await sharp(got.body as Buffer).metadata()).format).toBe('png');
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

test('a photo is shown without place, device and other words of the camera, turned as it was meant', async () => {
  const exif = { IFD0: { Make: 'Camera-of-a-test' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '31/1 13/1 49/1' } };
  const photo = await image().jpeg().withExif(exif).withMetadata({ orientation: 6 }).withExifMerge(exif).toBuffer();
  expect(photo.includes('Camera-of-a-test')).toBe(true);
  const { body } = await upload(photo, 'photo.jpg');
  const shown = (await download(body.id, frame.keys.reviewer)).body as Buffer;
  expect(shown.includes('Camera-of-a-test')).toBe(false);
  const metadata = await sharp(shown).metadata();
  expect([metadata.exif, metadata.width, metadata.height]).toEqual([undefined, 20, 40]);
  const original = (await download(`${body.id}/original`, frame.keys.finance)).body as Buffer;
  expect(Buffer.compare(original, photo)).toBe(0);
});

test('the original is for finance, auditors and administrators, and its reading is on record as such', async () => {
  const { body } = await upload(PNG, 'proof.png', customerKey);
  for (const key of [frame.keys.reviewer, frame.keys.agent, frame.keys.integrator, customerKey])
    expect((await download(`${body.id}/original`, key)).status).toBe(403);
  expect((await download(`${body.id}/original`, frame.keys.auditor)).status).toBe(200);
  const readings = await frame.db.auditEvent.findMany({ where: { type: 'evidence_original_read' } });
  expect(readings.filter(({ data }) => (data as { evidenceId: string }).evidenceId === body.id)).toHaveLength(1);
});

test('a damaged image is refused before anybody has to look at it', async () => {
  const damaged = Buffer.concat([PNG.subarray(0, 30), Buffer.alloc(50, 7)]);
  expect((await upload(damaged, 'damaged.png')).body).toMatchObject({ status: 422, code: 'evidence_unreadable' });
  expect(await frame.db.evidence.count({ where: { fileName: 'damaged.png' } })).toBe(0);
});

test('a small file that swells to a picture of many megapixels is refused', async () => {
  const wide = sharp({ create: { width: 10_000, height: 7_000, channels: 3, background: '#fff' } });
  const bomb = await wide.png({ compressionLevel: 9 }).toBuffer();
  expect(bomb.length).toBeLessThan(1_000_000);
  const large = frame.app({ evidenceLimitBytes: 1_000_000 });
  const answer = await upload(bomb, 'bomb.png', frame.keys.agent, 'file', large);
  expect(answer.body).toMatchObject({ status: 422, code: 'evidence_unreadable' });
});

test('a damaged image that was kept before images were checked is said to be unreadable, and kept to the byte', async () => {
  const content = Buffer.concat([PNG.subarray(0, 30), Buffer.alloc(50, 7)]);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const { id } = await createEvidence(
    frame.db,
    {
      mode: 'test',
      sha256,
      mime: 'image/png',
      fileName: 'old.png',
      content: new Uint8Array(content),
      uploadedKind: 'system',
      uploadedById: 'key',
      customerId: null,
    },
    new Date(),
  );
  const answer = await request(app)
    .get(`/v1/evidence/${id}`)
    .set(...bearer(frame.keys.reviewer));
  expect(answer.body).toMatchObject({ status: 422, code: 'evidence_unreadable' });
  expect((await download(`${id}/original`, frame.keys.auditor)).body).toEqual(content);
});

describe('evidence outside the database', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'redress-evidence-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const outside = () =>
    frame.app({}, { evidence: { storages: createEvidenceStorages({ directory, s3: null }), scanner: null } });

  it('is kept once however often its upload is repeated, and read from where it is', async () => {
    const send = (to = outside()) =>
      request(to)
        .post('/v1/evidence')
        .set(...bearer(frame.keys.agent))
        .set('Idempotency-Key', 'outside')
        .attach('file', PNG, { filename: 'outside.png' });
    const { body } = await send();
    // As if the process had ended between the storage and its answer.
    await frame.db.command.updateMany({
      where: { kind: 'upload_evidence', body: { path: ['fileName'], equals: 'outside.png' } },
      data: { responseStatus: null, outcome: 'open', leaseUntil: null },
    });
    expect((await send()).body).toEqual(body);
    expect(readdirSync(path.join(directory, 'test'))).toEqual([body.id]);
    const row = await frame.db.evidence.findUniqueOrThrow({ where: { id: body.id } });
    expect(row).toMatchObject({ content: null, storedIn: 'disk', storageKey: `test/${body.id}`, bytes: PNG.length });
    expect((await download(`${body.id}/original`, frame.keys.auditor, outside())).body).toEqual(PNG);
  });

  it('that somebody has exchanged, or that is gone, is shown to nobody', async () => {
    const { body } = await upload(PNG, 'exchanged.png', frame.keys.agent, 'file', outside());
    const file = path.join(directory, 'test', body.id);
    const other = await image(50).png().toBuffer();
    for (const change of [() => writeFileSync(file, other), () => rmSync(file)]) {
      change();
      const answer = await request(outside())
        .get(`/v1/evidence/${body.id}/original`)
        .set(...bearer(frame.keys.auditor));
      expect(answer.body).toMatchObject({ status: 503, code: 'evidence_unavailable' });
    }
  });

  it('that this installation cannot reach is said to be unavailable, not missing', async () => {
    const { body } = await upload(PNG, 'elsewhere.png', frame.keys.agent, 'file', outside());
    const answer = await request(app)
      .get(`/v1/evidence/${body.id}`)
      .set(...bearer(frame.keys.reviewer));
    expect(answer.body).toMatchObject({ status: 503, code: 'evidence_unavailable' });
  });
});

describe('a scanner', () => {
  it('refuses what it finds, on record by its hash, and nothing is taken that it cannot judge', async () => {
    const clamd = await startClamd();
    const scanned = frame.app({}, { evidence: { storages: [], scanner: new ClamdScanner(clamd, 2_000) } });
    const pdf = (inside: Buffer) => Buffer.concat([Buffer.from('%PDF-1.7\n'), inside]);
    const send = (content: Buffer, name: string) => upload(content, name, frame.keys.agent, 'file', scanned);

    const clean = await send(pdf(Buffer.from('clean')), 'clean.pdf');
    expect(clean.status).toBe(201);
    expect((await frame.db.evidence.findUniqueOrThrow({ where: { id: clean.body.id } })).scannedAt).not.toBeNull();

    const infected = pdf(EICAR);
    expect((await send(infected, 'infected.pdf')).body).toMatchObject({ status: 422, code: 'evidence_infected' });
    expect(await frame.db.evidence.count({ where: { fileName: 'infected.pdf' } })).toBe(0);
    const [refused] = await frame.db.auditEvent.findMany({ where: { type: 'evidence_refused' } });
    const sha256 = createHash('sha256').update(infected).digest('hex');
    expect(refused?.data).toEqual({ sha256, found: 'Eicar-Test-Signature' });

    await clamd.close();
    const answer = await send(pdf(Buffer.from('unknown')), 'unknown.pdf');
    expect(answer.body).toMatchObject({ status: 503, code: 'evidence_unavailable' });
    expect(answer.headers['retry-after']).toBeDefined();
    expect(await frame.db.evidence.count({ where: { fileName: 'unknown.pdf' } })).toBe(0);
  });
});
