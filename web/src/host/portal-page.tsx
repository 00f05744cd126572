import { HostPage } from "./host-page.tsx";
import { Portal } from "./recipes/portal.tsx";
import source from "./recipes/portal.tsx?raw";

export default function PortalPage({ user }: { user: { id: string; name: string } }) {
  return (
    <HostPage user={user} name="portal" source={source}>
      <Portal />
    </HostPage>
  );
}
