import { createAdmission } from './admit.ts';
import { createChat } from './chat.ts';
import type { Dependencies } from './dependencies.ts';
import { translated } from './failure.ts';
import type { Activities } from './index.ts';
import { createPaging } from './paging.ts';
import { createPostmortem } from './postmortem.ts';
import { createReview } from './review.ts';
import { createSymptom } from './symptom.ts';
import { createTelling } from './tell.ts';

export type { Dependencies, Log } from './dependencies.ts';

/** Everything task queue `muster` can do. Each activity throws only what Temporal understands. */
export const createActivities = (dependencies: Dependencies): Activities => {
  const chat = createChat(dependencies);
  const { openRoom, archiveRoom } = chat;
  return translated({
    ...createAdmission(dependencies),
    ...createPaging(dependencies),
    openRoom,
    archiveRoom,
    ...createTelling(dependencies, chat),
    ...createSymptom(dependencies),
    ...createReview(dependencies),
    ...createPostmortem(dependencies),
  });
};
