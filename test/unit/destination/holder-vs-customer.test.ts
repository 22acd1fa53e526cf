import fc from 'fast-check';
import { holderVsCustomer, type HolderVsCustomer } from '../../../domain/destination';

test.each<[string, string, HolderVsCustomer]>([
  ['Nora Evans', 'Nora Evans', 'same'],
  ['EVANS, Nora', 'nora  evans', 'same'],
  ['Ｎｏｒａ Evans', 'Nora Evans', 'same'],
  ['José Ángel Núñez', 'JOSE ANGEL NUNEZ', 'same'],
  ['Strauß', 'STRAUSS', 'same'],
  ["O'Brien Sean", 'Sean OBrien', 'same'],
  ['Xiao Ming Wang', 'Xiaoming Wang', 'same'],
  ['王小明', '王 小明', 'same'],
  ['阿依古丽·买买提', '阿依古丽买买提', 'same'],
  ['N. Evans', 'Nora Evans', 'close'],
  ['Nora Jane Evans', 'Nora Evans', 'close'],
  ['Nora Ewans', 'Nora Evans', 'close'],
  ['Jürgen Müller', 'Jurgen Mueller', 'close'],
  ['Nora Evans', 'Paul Evans', 'different'],
  ['Evans', 'Nora Evans', 'different'],
  ['N. E.', 'Nora Evans', 'different'],
  ['Li An', 'Li Bo', 'different'],
  ['王小明', '王小红', 'different'],
  ['王小明', '王明', 'different'],
  ['王小明', 'Wang Xiaoming', 'unknown'],
  ['', 'Nora Evans', 'unknown'],
  ['·—', '王小明', 'unknown'],
])('%s against %s: %s', (holder, customer, expected) => {
  expect(holderVsCustomer(holder, customer)).toBe(expected);
});

test('it never matters whose name is which, and a name is its own', () => {
  const name = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('Nora Evans', 'N. Evans', '王小明', 'Evans Nora'),
  );
  fc.assert(
    fc.property(name, name, (one, other) => {
      expect(holderVsCustomer(one, other)).toBe(holderVsCustomer(other, one));
      expect(['same', 'unknown']).toContain(holderVsCustomer(one, one));
    }),
  );
});
