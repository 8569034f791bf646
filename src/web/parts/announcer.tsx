import { useEffect, useState } from 'preact/hooks';

let say: (sentence: string) => void = () => undefined;

/** One sentence for screen readers, spoken when they have finished the current one. */
export const announce = (sentence: string): void => say(sentence);

/** The one polite live region of the page. */
export const Announcer = () => {
  const [sentence, setSentence] = useState('');
  useEffect(() => {
    say = setSentence;
    return () => {
      say = () => undefined;
    };
  }, []);
  return (
    <p class="visually-hidden" role="status" aria-live="polite">
      {sentence}
    </p>
  );
};
