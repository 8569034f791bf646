import type { ComponentChildren, VNode } from 'preact';
import { Table } from './table.tsx';

/**
 * The part of Markdown that Muster's documents use (headings, lists, tables, quotes, rules, bold, code, links), as
 * elements: text is never read as HTML, and a link goes only to http(s) or inside the page.
 */
export const Markdown = ({ text }: { text: string }) => <div class="markdown">{blocksOf(text.split('\n'))}</div>;

const blocksOf = (lines: string[]): VNode[] => {
  const blocks: VNode[] = [];
  let index = 0;
  const take = (belongs: (line: string) => boolean): string[] => {
    const taken: string[] = [];
    while (index < lines.length && belongs(lines[index] ?? '')) taken.push(lines[index++] ?? '');
    return taken;
  };
  while (index < lines.length) {
    const line = lines[index] ?? '';
    const heading = /^(#{1,4})\s+(.*)$/.exec(line);
    if (line.trim() === '') index++;
    else if (heading) {
      index++;
      // The document's own title stands under the page's h2 and section's h3.
      blocks.push(<p class={`markdown-h${heading[1]?.length ?? 1}`}>{inline(heading[2] ?? '')}</p>);
    } else if (/^---+$/.test(line)) {
      index++;
      blocks.push(<hr />);
    } else if (line.startsWith('```')) {
      index++;
      const code = take((one) => !one.startsWith('```'));
      index++;
      blocks.push(<pre class="code">{code.join('\n')}</pre>);
    } else if (line.startsWith('|')) blocks.push(table(take((one) => one.startsWith('|'))));
    else if (/^>\s?/.test(line))
      blocks.push(
        <blockquote>{blocksOf(take((one) => one.startsWith('>')).map((one) => one.replace(/^>\s?/, '')))}</blockquote>,
      );
    else if (/^\s*[-*]\s/.test(line))
      blocks.push(
        <ul>
          {items(
            take((one) => /^\s*[-*]\s/.test(one)),
            /^\s*[-*]\s+/,
          )}
        </ul>,
      );
    else if (/^\s*\d+\.\s/.test(line))
      blocks.push(
        <ol>
          {items(
            take((one) => /^\s*\d+\.\s/.test(one)),
            /^\s*\d+\.\s+/,
          )}
        </ol>,
      );
    else
      blocks.push(
        <p>
          {inline(
            take((one) => one.trim() !== '' && !/^(#|\||>|```|\s*[-*]\s)/.test(one)).join(' ') || lines[index++] || '',
          )}
        </p>,
      );
  }
  return blocks;
};

const items = (lines: string[], mark: RegExp): VNode[] =>
  lines.map((line) => <li>{inline(line.replace(mark, ''))}</li>);

const cells = (row: string): string[] =>
  row
    .replace(/^\||\|\s*$/g, '')
    .split('|')
    .map((cell) => cell.trim());
const table = (rows: string[]): VNode => {
  const [head, ...rest] = rows.filter((row) => !/^[|\s:-]+$/.test(row));
  return (
    <Table columns={cells(head ?? '').map(inline)}>
      {rest.map((row) => (
        <tr>
          {cells(row).map((cell) => (
            <td>{inline(cell)}</td>
          ))}
        </tr>
      ))}
    </Table>
  );
};

const inline = (text: string): ComponentChildren =>
  text.split(/(`[^`]+`|\*\*[^*]+\*\*|_[^_]+_(?!\w)|\[[^\]]+\]\([^)\s]+\))/).map((part) => {
    if (part.startsWith('`') && part.length > 2) return <code>{part.slice(1, -1)}</code>;
    if (part.startsWith('**') && part.length > 4) return <strong>{part.slice(2, -2)}</strong>;
    if (/^_.+_$/.test(part)) return <em>{part.slice(1, -1)}</em>;
    const link = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(part);
    if (link) return /^(https?:\/\/|[/#](?!\/))/.test(link[2] ?? '') ? <a href={link[2] ?? ''}>{link[1]}</a> : link[1];
    return part;
  });
