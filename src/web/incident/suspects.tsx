import type { Suspect } from '../../schema/evidence.ts';
import { Instant } from '../parts/instant.tsx';

/** The changes that may have caused it, most likely first: what, when, whose, who told of it, and why it is suspected. */
export const Suspects = ({ suspects }: { suspects: Suspect[] }) => (
  <>
    <h3>Suspected changes</h3>
    {suspects.length === 0 ? (
      <p class="note">No change found in the look-back window. A rollback would be a guess.</p>
    ) : (
      <ol class="plain suspects">
        {suspects.map((suspect) => (
          <li key={`${suspect.what}${suspect.at}`} class="suspect">
            <meter min={0} max={2} value={suspect.score} aria-label={`Score ${suspect.score.toFixed(2)} of 2`} />
            <span class="suspect-score">{suspect.score.toFixed(2)}</span>
            <div>
              <p>
                <strong>{suspect.what}</strong>{' '}
                <span class="soft">
                  <Instant at={suspect.at} />
                  {whose(suspect)} · {sourceWords(suspect.source)}
                </span>
                {isWebLink(suspect.link) ? (
                  <>
                    {' '}
                    <a href={suspect.link} rel="noreferrer">
                      more
                    </a>
                  </>
                ) : null}
              </p>
              <ul class="reasons">
                {suspect.reasons.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
            </div>
          </li>
        ))}
      </ol>
    )}
  </>
);

/** The source's own name of them, and the person where that is another word. */
const whose = ({ by, author }: Suspect): string => {
  if (!by) return author ? ` by ${author}` : '';
  return author && !by.toLowerCase().includes(author.toLowerCase()) ? ` by ${by} (${author})` : ` by ${by}`;
};

/** Evidence that was kept before sources were told came from the cluster. */
const sourceWords = (source: string | undefined): string => {
  if (source === undefined || source === 'cluster') return 'seen in the cluster';
  if (source === 'muster') return 'done by Muster';
  if (source === 'person') return 'told by a person';
  return source === 'generic' ? 'told by a pipeline' : `told by ${source}`;
};

/** What is no plain address of the web could run in the browser. */
const isWebLink = (link: string | null | undefined): link is string => /^https?:\/\//.test(link ?? '');
