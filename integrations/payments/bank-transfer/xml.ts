import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** A file that is not what the bank agreed to send; `code` says in what. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';

  constructor(
    readonly code: 'not_utf8' | 'declares_a_type' | 'not_well_formed' | 'unknown_message',
    options?: ErrorOptions,
  ) {
    super(`The file cannot be read: ${code}.`, options);
  }
}

const MAX_NESTING = 40;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  // Texts stay texts: `007` is no number, and an amount must not become a float.
  parseTagValue: false,
  parseAttributeValue: false,
  removeNSPrefix: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  processEntities: false,
  maxNestedTags: MAX_NESTING,
  isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
});

/** An element: its attributes under `@name`, its own text under `#text`, its children under their names. */
export class Element {
  constructor(private readonly value: unknown) {}

  /** Children of that name at the end of the path, in the order of the file. */
  all(...names: string[]): Element[] {
    let level: Element[] = [this];
    for (const name of names) level = level.flatMap((element) => element.children(name));
    return level;
  }

  /** The first element at the end of the path. */
  one(...names: string[]): Element | undefined {
    return this.all(...names)[0];
  }

  /** Trimmed text of the first element at the end of the path; null when there is none. */
  text(...names: string[]): string | null {
    const element = this.one(...names);
    if (element === undefined) return null;
    const own: unknown = isRecord(element.value) ? element.value['#text'] : element.value;
    return typeof own === 'string' && own.trim() !== '' ? own.trim() : null;
  }

  attribute(name: string): string | null {
    const value = isRecord(this.value) ? this.value[`@${name}`] : undefined;
    return typeof value === 'string' ? value : null;
  }

  private children(name: string): Element[] {
    const value: unknown = isRecord(this.value) && Object.hasOwn(this.value, name) ? this.value[name] : [];
    return (Array.isArray(value) ? value : [value]).map((child) => new Element(child));
  }
}

/**
 * Parses a file of the bank. Document types are refused before anything is parsed, so no entity can be declared, and none
 * is expanded; what an entity or a character reference stands for is of no interest in the fields that are read.
 * @throws UnreadableFileError
 */
export function parseXml(content: Uint8Array): Element {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (error) {
    throw new UnreadableFileError('not_utf8', { cause: error });
  }
  if (/<!(?!--|\[CDATA\[)/.test(text)) throw new UnreadableFileError('declares_a_type');
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw new UnreadableFileError('not_well_formed');
  try {
    return new Element(parser.parse(text));
  } catch (error) {
    throw new UnreadableFileError('not_well_formed', { cause: error });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
