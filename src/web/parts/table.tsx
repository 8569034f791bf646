import type { ComponentChildren } from 'preact';

/** Scrolls sideways by itself where the page is too narrow for it; its children are the rows. */
export const Table = ({
  columns,
  children,
}: {
  columns: readonly ComponentChildren[];
  children: ComponentChildren;
}) => (
  <div class="table-holder">
    <table>
      <thead>
        <tr>
          {columns.map((column) => (
            <th scope="col">{column}</th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);
