import { useTexts } from "./language.tsx";

export interface MessageBadgeProps {
  count: number;
  testId?: string;
}

/** How many messages are unread: a number for the eye, a sentence for the ear. Nothing when there are none. */
export function MessageBadge({ count, testId = "badge" }: MessageBadgeProps) {
  const { t } = useTexts();
  if (count <= 0) return null;
  return (
    <span className="badge" data-testid={testId}>
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span className="visually-hidden">{t.unreadCount(count)}</span>
    </span>
  );
}
