/** Characters with their two bytes, worked out from the decoder that Node has. */
let table: ReadonlyMap<string, number> | undefined;

/** A text in GBK, as Alipay writes its bills. Characters outside it become question marks. */
export function gbk(text: string): Buffer {
  table ??= encodingTable();
  const bytes: number[] = [];
  for (const character of text) {
    const code = table.get(character);
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) bytes.push(point);
    else if (code === undefined) bytes.push(0x3f);
    else bytes.push(code >> 8, code & 0xff);
  }
  return Buffer.from(bytes);
}

function encodingTable(): ReadonlyMap<string, number> {
  const decoder = new TextDecoder('gbk');
  const known = new Map<string, number>();
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      const character = decoder.decode(Uint8Array.of(lead, trail));
      if (character.length === 1 && character !== '\uFFFD') known.set(character, (lead << 8) | trail);
    }
  }
  return known;
}
