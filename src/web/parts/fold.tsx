import type { ComponentChildren } from 'preact';

/** A part that folds away. The note beside its title says what is worth knowing while it is closed. */
export const Fold = ({
  title,
  note,
  open = false,
  children,
}: {
  title: ComponentChildren;
  note?: string | number;
  open?: boolean;
  children: ComponentChildren;
}) => (
  <details class="fold" open={open}>
    <summary>
      {title} {note === undefined ? null : <span class="soft">({note})</span>}
    </summary>
    {children}
  </details>
);
