import { ClamdScanner, ScannerUnavailableError } from '../../../integrations/evidence';
import { EICAR, startClamd, type Clamd } from './support/clamd';

let clamd: Clamd;
beforeAll(async () => {
  clamd = await startClamd();
});
afterAll(() => clamd.close());

test('what is clean is clean, and what is found is named', async () => {
  const scanner = new ClamdScanner(clamd);
  expect(await scanner.find(Buffer.alloc(200_000, 7))).toBeNull();
  expect(await scanner.find(EICAR)).toBe('Eicar-Test-Signature');
  expect(clamd.scanned).toBe(2);
});

test('no verdict is no clean file, and the next file is asked about again', async () => {
  const scanner = new ClamdScanner(clamd, 2_000);
  clamd.silent = true;
  await expect(scanner.find(EICAR)).rejects.toThrow(ScannerUnavailableError);
  clamd.silent = false;
  expect(await scanner.find(EICAR)).toBe('Eicar-Test-Signature');
  await expect(new ClamdScanner({ host: '127.0.0.1', port: 1 }).find(EICAR)).rejects.toThrow(ScannerUnavailableError);
});
