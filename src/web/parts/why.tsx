/** The rule and the facts behind an automatic act, folded away until somebody asks. */
export const Why = ({ text, of }: { text: string | null; of: string }) =>
  text ? (
    <details class="why">
      <summary>
        Why<span class="visually-hidden">: {of}</span>
      </summary>
      <p>{text}</p>
    </details>
  ) : null;
