import ical, { ICalCalendarMethod, ICalEventStatus } from 'ical-generator';

export interface Meeting {
  /** The same meeting for ever; a change raises `sequence`. */
  uid: string;
  sequence: number;
  startAt: string;
  endAt: string;
  /** When the invitation was made: with the other fields it makes the text the same on every attempt. */
  stampedAt: string;
  summary: string;
  description: string;
  url: string;
  organiser: { name: string; address: string };
  attendees: { name: string; address: string }[];
}

/** An iTIP REQUEST (RFC 5546) in UTC, so that no time zone definition is needed. */
export const invitationTo = (meeting: Meeting): string => {
  const calendar = ical({
    prodId: { company: 'Muster', product: 'incident review' },
    method: ICalCalendarMethod.REQUEST,
  });
  const event = calendar.createEvent({
    id: meeting.uid,
    sequence: meeting.sequence,
    start: new Date(meeting.startAt),
    end: new Date(meeting.endAt),
    stamp: new Date(meeting.stampedAt),
    summary: meeting.summary,
    description: meeting.description,
    url: meeting.url,
    status: ICalEventStatus.CONFIRMED,
    organizer: { name: meeting.organiser.name, email: meeting.organiser.address },
  });
  for (const { name, address } of meeting.attendees) event.createAttendee({ name, email: address, rsvp: true });
  return calendar.toString();
};
