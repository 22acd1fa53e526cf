import { firstResponseDueAt } from '../../../domain/policy';
import { defaultPolicy } from './support';

it('wants a first response 24 hours later, also over a holiday', () => {
  expect(firstResponseDueAt(defaultPolicy, '2026-09-30T10:00:00Z')).toBe('2026-10-01T10:00:00.000Z');
});
