/** One sentence with one full stop at its end, whatever the text ended with. */
export const sentence = (text: string): string => {
  const bare = text.trim().replace(/[.\s]+$/, '');
  return /[!?:]$/.test(bare) || bare === '' ? bare : `${bare}.`;
};
