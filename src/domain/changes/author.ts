/** Whose name it is that a pipeline, a login or a cause wrote down. */

type People = Readonly<
  Record<string, { name: string; email: string; chat?: string | undefined; accounts?: readonly string[] }>
>;

/**
 * Id of the person that the text is: their id, mail address, full name, or an account elsewhere, whatever its case. Else of the
 * one person whose full name or mail address stands in it as words of its own: "release 2.4.0 by Dana Whitfield". Null
 * when it is nobody's, or several people's: a guess would keep the wrong one from approving.
 */
export const personNamed = (text: string | null, people: People): string | null => {
  if (text === null) return null;
  const given = folded(text);
  const is = only(people, ([id, person]) =>
    [id, ...namesOf(person), person.chat, ...(person.accounts ?? [])].some((name) => name && folded(name) === given),
  );
  return is ?? only(people, ([, person]) => namesOf(person).some((name) => holdsWords(given, folded(name))));
};

const namesOf = ({ name, email }: People[string]): string[] => [name, email].filter((one) => one.length > 2);

const only = (people: People, fits: (entry: [string, People[string]]) => boolean): string | null => {
  const [first, ...others] = Object.entries(people).filter(fits);
  return first && others.length === 0 ? first[0] : null;
};

const holdsWords = (text: string, words: string): boolean => {
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    if (!isLetter(text[at - 1]) && !isLetter(text[at + words.length])) return true;
  }
  return false;
};

const isLetter = (character: string | undefined): boolean =>
  character !== undefined && /[\p{L}\p{N}_-]/u.test(character);

const folded = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, ' ');
