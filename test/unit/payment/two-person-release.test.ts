import { isReleased, judgeRelease, type ReleaseApproval } from '../../../domain/payment';

const by = (personId: string, sha256 = 'aa'): ReleaseApproval => ({ personId, sha256, at: '2026-11-02T02:00:00.000Z' });

test('the first person approves, a second one releases', () => {
  expect(judgeRelease([], by('p1'), 'aa')).toEqual({ kind: 'first' });
  expect(judgeRelease([by('p1')], by('p2'), 'aa')).toEqual({ kind: 'second' });
  expect(isReleased([by('p1')])).toBe(false);
  expect(isReleased([by('p1'), by('p2')])).toBe(true);
});

test('one person twice is one person', () => {
  expect(judgeRelease([by('p1')], by('p1'), 'aa')).toEqual({ kind: 'refused', reason: 'same_person' });
  expect(isReleased([by('p1'), by('p1')])).toBe(false);
});

test('nobody approves what was not shown, and two approvals of two files release neither', () => {
  expect(judgeRelease([], by('p1', 'bb'), 'aa')).toEqual({ kind: 'refused', reason: 'other_content' });
  expect(judgeRelease([by('p1', 'bb')], by('p2'), 'aa')).toEqual({ kind: 'first' });
  expect(isReleased([by('p1', 'bb'), by('p2')])).toBe(false);
});

test('what is released is not released again', () => {
  expect(judgeRelease([by('p1'), by('p2')], by('p3'), 'aa')).toEqual({ kind: 'refused', reason: 'already_released' });
});
