import {
  ChatProvider,
  ChatToasts,
  type ChatToastsProps,
  ChatWidget,
  type ChatWidgetProps,
  ContactSellerButton,
  type ContactSellerButtonProps,
  notify,
} from "@parloir/client/react/index.ts";
import { Fragment, StrictMode, useEffect } from "react";
import { createRoot } from "react-dom/client";

/** An application of somebody else's: what it shows, and how, is in its address. */
export interface Shown {
  userId: string | null;
  token: string;
  widget?: ChatWidgetProps;
  contact?: Pick<ContactSellerButtonProps, "variant" | "size" | "fullWidth">[];
  toasts?: Omit<ChatToastsProps, "onOpen">;
  /** Everything is mounted, unmounted and mounted again, as in applications under development. */
  strict?: true;
}

const shown = JSON.parse(new URLSearchParams(location.search).get("shown") ?? "{}") as Shown;
const seller = { id: "demo-tom", name: "Tom Becker" };
const nothing = () => undefined;

Object.assign(window, { notify });

const Mode = shown.strict ? StrictMode : Fragment;

/** So that a test knows in which mode it is. */
function Counted() {
  useEffect(() => {
    const { mounts = 0 } = window as { mounts?: number };
    Object.assign(window, { mounts: mounts + 1 });
  }, []);
  return null;
}

createRoot(document.getElementById("root")!).render(
  <Mode>
    <Counted />
    <ChatProvider
      url={location.origin}
      userId={shown.userId}
      getToken={async () => shown.token}
      language="en"
    >
      {shown.widget && <ChatWidget {...shown.widget} />}
      {shown.contact?.map((props) => (
        <p key={JSON.stringify(props)}>
          <ContactSellerButton
            seller={seller}
            listing={{ id: "velo-1962", title: "A bicycle" }}
            onOpen={nothing}
            onSignIn={() => document.body.append("Who are you?")}
            {...props}
          />
        </p>
      ))}
      {shown.toasts && <ChatToasts onOpen={nothing} {...shown.toasts} />}
    </ChatProvider>
  </Mode>,
);
