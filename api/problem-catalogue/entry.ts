import type { LocalizedText } from '../../domain/refund';

export interface CatalogueEntry {
  status: number;
  title: LocalizedText;
  /** What happened, what was kept, what to do. May hold {placeholders}. */
  detail: LocalizedText;
}

/** One problem: status, then title and detail in English and in Chinese. */
export const entry = (
  status: number,
  titleEn: string,
  detailEn: string,
  titleZh: string,
  detailZh: string,
): CatalogueEntry => ({
  status,
  title: { en: titleEn, 'zh-CN': titleZh },
  detail: { en: detailEn, 'zh-CN': detailZh },
});
