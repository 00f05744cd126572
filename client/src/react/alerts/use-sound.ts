import { useEffect, useState } from "react";
import { useClient } from "../client-context.tsx";
import { createSound, type Sound } from "./sound.ts";

/** The sound of new notifications, once across tabs. Null until the page runs. */
export function useSound(): Sound | null {
  const client = useClient();
  const [sound, setSound] = useState<Sound | null>(null);
  useEffect(() => {
    const created = createSound();
    setSound(created);
    // A line that is raised by another message sounds again.
    const stop = client.onNotification(({ id, seq }) => created.play(`${id} ${seq}`));
    return () => {
      stop();
      created.close();
      setSound(null);
    };
  }, [client]);
  return sound;
}
